/** The HTTP side of a service. It only looks at the status, and asks the service what it may be asked. */
export { parseHttp, type HttpSettings } from './address.js';
export { HttpService } from './httpService.js';
