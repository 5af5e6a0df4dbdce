import { Option, type Command } from 'commander';
import { ScanWriterError } from '../scan/index.js';
import { readConfig } from '../service/index.js';

const DEFAULT_REDIS = 'redis://localhost:6380/1';

/** Adds a value to those given before, for options that repeat. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

export function redisOption(): Option {
  return new Option(
    '--redis <url>',
    'data server of the beamline: redis://[user:password@]host:port/db, rediss://... or unix:///socket?db=1',
  )
    .env('SCAN_WRITER_REDIS')
    .default(DEFAULT_REDIS);
}

/** Which Redis, and where the files of scans are. */
export function addPlaceOptions(command: Command): Command {
  return command
    .addOption(redisOption())
    .option('--config <file>', 'TOML file with any of these options; what is given here wins')
    .option('--map <from=to>', 'directory as BLISS has it, and as it is on this machine (repeats)', collect)
    .option('--root <dir>', 'directory below which files may be written (repeats)', collect)
    .option(
      '--file-template <text>',
      "name of a scan's file; fields {dir} {stem} {filename} {scan_nb:04d} {name} {session}",
    );
}

/** The options of all commands that write files. */
export function addWritingOptions(command: Command): Command {
  return addPlaceOptions(command)
    .option('--accept-writer <name>', 'write scans for this data_writer (repeats; default nexus)', collect)
    .option(
      '--images <how>',
      'images of detectors: link (default), copy (pixels of EDF files; HDF5 files are linked) or none',
    )
    .option('--compression <how>', 'spectra and images: none (default), gzip:1 to gzip:9, bitshuffle')
    .option('--chunk-size <size>', 'bytes of one chunk of spectra that are not compressed (default 256KiB)')
    .option(
      '--mca-calibration <mca=a,b,c>',
      'energy = a + b x + c x² of an MCA or an element (repeats)',
      collect,
    )
    .option('--keep-shape', 'points of a mesh in its shape, not in the order of acquisition')
    .option('--multivalue-positioners', 'motors that move together in one group')
    .option('--scalar-ct', 'a scan of one point without a dimension of points')
    .option('--generic', 'every channel in a group of its own, whatever its device')
    .option('--unnamed <dir>', 'write scans that name no file below this directory')
    .option('--flush <time>', 'how often readers see new points (default 500ms, for backfill 2s)')
    .option('--memory <size>', 'what may wait between Redis and disk (default 512MiB)')
    .option(
      '--min-free <size>',
      'room that is left on the disk (default a hundredth of it, 256MiB at most); with less, scans wait',
    )
    .option(
      '--sync <when>',
      'wait for the disk after each flush: auto (default: on network file systems), always or never',
    )
    .option(
      '--file-mode <mode>',
      'permissions of files and masters (default 0444: a reader that opens them to append would corrupt them)',
    )
    .option('--dir-mode <mode>', 'permissions of directories that are made')
    .option('--group <gid>', 'number of the group of files and directories');
}

/** commander's `--redis` as text. */
export function redisOf(options: Readonly<Record<string, unknown>>): string {
  const { redis } = options;
  if (typeof redis !== 'string' || redis === '')
    throw new ScanWriterError('usage', '--redis needs an address.');
  return redis;
}

/** The options of a command over those of its configuration file; defaults come last. */
export function withConfig(command: Command): Record<string, unknown> {
  const given = command.opts();
  const { config } = given;
  if (typeof config !== 'string') return given;
  const isGiven = ([name]: [string, unknown]): boolean => command.getOptionValueSource(name) !== 'default';
  return { ...given, ...readConfig(config), ...Object.fromEntries(Object.entries(given).filter(isGiven)) };
}
