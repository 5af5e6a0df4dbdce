/** What Prometheus reads. */
export { ServiceMetrics } from './serviceMetrics.js';
