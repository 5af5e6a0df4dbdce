import { hasRecording } from './recordings.js';

/** Recordings whose files must equal those of the facility's own writer in everything that is written so far. */
export const COMPARED_CASES = [
  'ct',
  'loopscan',
  'ascan',
  'dscan',
  'a2scan',
  'amesh',
  'mca',
  'consecutive',
  'timescan_ctrlc',
  'more_points',
  'nopoints',
  'multi_top_master',
  'dtypes_plain',
  'loopscan_protocol4',
  'metadata_protocol4',
  // Larger ones stand outside the repository, see test/fixtures/recordings/README.md.
  'many_points_blocks',
  'blocks',
  'dtypes',
  'dtype_object',
  'nd_channels',
  'policy',
  'sequence_and_group',
  'failing_before_prepared',
  'failing_device',
].filter(hasRecording);

/** Parts of a file that are held against the reference. */
export const COMPARED_PARTS = 'instrument,measurement,entry,metadata';
