/** An own check of NeXus files: does everything in them work in the programs that read them? */
export { checkFile, type CheckedFile } from './check.js';
export { SEVERITIES, type Finding, type Kind, type Severity } from './finding.js';
export { CheckThread } from './thread/checkThread.js';
