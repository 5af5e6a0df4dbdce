import { availableRecordings, availableVariants, hasRecording } from './recordings.js';

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
  /** All that `compare` may say, and something if it may; not what it knows to be as it should be. */
  readonly said: RegExp;
  /** What we say of the scan. */
  readonly status: 'SUCCEEDED' | 'INCOMPLETE' | 'ABANDONED';
}

const NOTHING = /^$/;

/** Where the reference writer is wrong, or its result depends on its own clock or rounding. Never lost data of ours. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    recording: 'publisher_sigkill',
    reason:
      'the publisher was killed: the reference waited for ever and wrote no point, we have all that Redis holds',
    lines: /^(instrument|measurement) .*: shape \(0,\) \/ \(1[12],\)$/,
    said: /^(counter|motor) \w+: 0 points in A, 1[12] points in B$/,
    status: 'ABANDONED',
  },
  {
    recording: 'trimmed_slow_reader',
    reason: 'the reference was late and wrote points twice and in disorder, we name what Redis had dropped',
    lines: /^(instrument|measurement) .*(ch\d\d|elapsed_time|epoch)(\/(data|value))?: (values|shape .*)$/,
    said: /^counter (ch\d\d|elapsed_time|epoch): /,
    status: 'INCOMPLETE',
  },
  {
    recording: 'lima_camera_fault',
    reason: 'the reference maps two images, the file of the camera that failed has none',
    lines: /^images .*lima_simulator(\/data)?: missing$/,
    said: /^images lima_simulator is missing in B$/,
    status: 'INCOMPLETE',
  },
  {
    recording: 'plotselect_case',
    reason: 'the line through the positions of a mesh differs in the last bits',
    lines: /^plots .*\/(robx|roby): values$/,
    said: NOTHING,
    status: 'SUCCEEDED',
  },
  {
    recording: 'policy_technique',
    reason:
      'the same, and the end of an application is the time when the reference wrote it, ours that of the scan',
    lines: /^(plots .*\/(robx|roby): values|metadata .*\/xrf\/end_time: .*)$/,
    said: NOTHING,
    status: 'SUCCEEDED',
  },
].filter(({ recording }) => hasRecording(recording)) as KnownDifference[];

/** Recordings of which our files equal those of the facility's own writer in every part. */
export const EQUAL_CASES = availableRecordings().filter(
  (recording) => !KNOWN_DIFFERENCES.some((known) => known.recording === recording),
);

/** Recordings with values of every type and shape, and those of which the reference writer has not all. */
export const ODD_VALUES = availableRecordings().filter((recording) =>
  /^(dtype.*|vlen1d|nd_channels|blocks|mca|timescan_ctrlc|publisher_sigkill|lima_camera_fault)$/.test(
    recording,
  ),
);

/** Options of ours that mean what the facility's writer was told for a variant of its files. */
const VARIANT_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  keepshape: ['--keep-shape'],
  alt: ['--keep-shape', '--multivalue-positioners'],
  noconfig: ['--generic'],
  noconfig_alt: ['--generic', '--keep-shape', '--multivalue-positioners'],
  copy: ['--images', 'copy'],
  nolinks: ['--images', 'none'],
};

interface VariantDifference {
  readonly allowed: RegExp;
  readonly said: RegExp;
}

/** As {@link KNOWN_DIFFERENCES}, of the variants. */
const VARIANT_DIFFERENCES: Readonly<Record<string, VariantDifference>> = {
  // The line through the positions of a mesh differs in the last bits.
  'plotselect_case alt': { allowed: /^plots .*\/(robx|roby): values$/, said: NOTHING },
  // The same; the reference's own clock; and one dataset for all MCAs of the application, an option that we have not.
  'policy_technique alt': {
    allowed:
      /^(plots .*\/(robx|roby): values|metadata .*\/xrf\/(end_time: .*|(mca|live_time|elapsed_time): missing))$/,
    said: /^metadata xrf\/((live_time|elapsed_time|mca) is missing in B|(\w+_)?mca\d\d is missing in A)$/,
  },
  // The order in which its plots list the channels depends on which came first.
  'lima_hdf5_multi noconfig': {
    allowed: /^plots .*\/(plot0D|plotselect|plot1D_unknown1D[12])[@/].*$/,
    said: /^plot (plot0D|plotselect|plot1D_unknown1D[12])\b/,
  },
  // Its plot has an axis of three values for columns of five.
  'sequence_and_group noconfig': {
    allowed: /^plots .*(@axes|\/scan_numbers): missing$/,
    said: /^plot \w+(: axes is|, scan_numbers is missing in B)/,
  },
};

/** Variants of which it is not known which options of ours make them. */
export const UNKNOWN_VARIANTS = availableVariants().filter(({ variant }) => !(variant in VARIANT_OPTIONS));

export const VARIANTS = availableVariants().flatMap(({ recording, variant, folder }) => {
  const options = VARIANT_OPTIONS[variant];
  if (options === undefined) return [];
  const known = VARIANT_DIFFERENCES[`${recording} ${variant}`] ?? { allowed: NOTHING, said: NOTHING };
  return { recording, variant, folder, options, ...known };
});
