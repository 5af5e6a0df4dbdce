import { availableRecordings, hasRecording } from './recordings.js';

/**
 * Recordings that are published at their own pace while `run` follows, all at the same time. Those that are not here
 * have the names of others or take no time.
 */
export const LIVE_CASES = [
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
  'lima_hdf5_multi',
  'lima_edf_single',
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

export interface KnownDifference {
  readonly recording: string;
  readonly reason: string;
  /** All lines that the comparison may print. */
  readonly lines: RegExp;
  /** What we say of the scan. */
  readonly status: 'SUCCEEDED' | 'INCOMPLETE' | 'ABANDONED';
}

/** Where the reference writer is wrong, or its result depends on its own clock or rounding. Never lost data of ours. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    recording: 'publisher_sigkill',
    reason:
      'the publisher was killed: the reference waited for ever and wrote no point, we have all that Redis holds',
    lines: /^(instrument|measurement) .*: shape \(0,\) \/ \(1[12],\)$/,
    status: 'ABANDONED',
  },
  {
    recording: 'trimmed_slow_reader',
    reason: 'the reference was late and wrote points twice and in disorder, we name what Redis had dropped',
    lines: /^(instrument|measurement) .*(ch\d\d|elapsed_time|epoch)(\/(data|value))?: (values|shape .*)$/,
    status: 'INCOMPLETE',
  },
  {
    recording: 'lima_camera_fault',
    reason: 'the reference maps two images, the file of the camera that failed has none',
    lines: /^images .*lima_simulator(\/data)?: missing$/,
    status: 'INCOMPLETE',
  },
  {
    recording: 'plotselect_case',
    reason: 'the line through the positions of a mesh differs in the last bits',
    lines: /^plots .*\/(robx|roby): values$/,
    status: 'SUCCEEDED',
  },
  {
    recording: 'policy_technique',
    reason:
      'the same, and the end of an application is the time when the reference wrote it, ours that of the scan',
    lines: /^(plots .*\/(robx|roby): values|metadata .*\/xrf\/end_time: .*)$/,
    status: 'SUCCEEDED',
  },
].filter(({ recording }) => hasRecording(recording)) as KnownDifference[];

/** Recordings of which our files equal those of the facility's own writer in every part. */
export const EQUAL_CASES = availableRecordings().filter(
  (recording) => !KNOWN_DIFFERENCES.some((known) => known.recording === recording),
);
