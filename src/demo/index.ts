/** The demo: what the writer does, on one machine, in half a minute. */
export { runDemo, type DemoRequest, type DemoResult } from './demo.js';
export { outline } from './outline.js';
