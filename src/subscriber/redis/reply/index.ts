/** Entries of streams as they stand in the replies of Redis, without a buffer for each name and value. */
export { RepliedEntry } from './repliedEntry.js';
export { TappedConnector, type ConnectorOptions } from './tappedConnector.js';
