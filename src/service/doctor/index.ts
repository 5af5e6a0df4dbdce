/** Would a writer work here, and what is to be done if not. */
export { examine, type DoctorRequest } from './doctor.js';
export type { Finding } from './finding.js';
