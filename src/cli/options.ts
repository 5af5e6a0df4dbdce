import { Option, type Command } from 'commander';
import { ScanWriterError } from '../scan/index.js';
import { effectiveConfig, runDefaults, valuesOf, type Config } from '../service/index.js';
import { defaultStateFolder } from './stateFolder.js';

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
    .addOption(configOption())
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

/** All options of `run`. */
export function addRunOptions(command: Command): Command {
  return addWritingOptions(command)
    .option('--session <name>', 'a BLISS session to follow (repeats); it need not exist yet', collect)
    .option('--all-sessions', 'follow every session, also those to come')
    .addOption(stateOption())
    .option('--since <time>', 'also write scans that ended before it started: 12h, 2d or 2026-11-22T08:00')
    .option(
      '--quiet <time>',
      'after so long without data or END a scan whose publisher is gone is ABANDONED (default 1m)',
    )
    .addOption(httpOption('answer HTTP there: state, metrics, events, data'))
    .addOption(tokenOption('what who wants measured data over HTTP, or to change something, has to say'))
    .option(
      '--required-disk-space <size>',
      'with less room BLISS is told not to begin a scan (default 200MiB)',
    )
    .option('--recommended-disk-space <size>', 'with less room BLISS warns (default 1GiB)')
    .option('--log-level <level>', 'what is logged: error, warn, info (default) or debug');
}

export function configOption(): Option {
  return new Option('--config <file>', 'TOML file with any of these options; what is given here wins');
}

export function stateOption(): Option {
  return new Option('--state <dir>', 'folder where it remembers which scans it has written');
}

export function httpOption(description: string): Option {
  return new Option(
    '--http <host:port>',
    `${description}; also PORT on this machine, or unix:/path/of/a.sock`,
  );
}

export function tokenOption(description: string): Option {
  return new Option('--token-file <file>', description);
}

/** The options of a command, from wherever they come. */
export function withConfig(command: Command): Record<string, unknown> {
  return { ...command.opts(), ...valuesOf(configOf(command)) };
}

/** The options of `run` that were given, with their sources. */
export function configOf(command: Command, defaults: Readonly<Record<string, unknown>> = {}): Config {
  const given = command.opts();
  const from = (source: string): Record<string, unknown> => {
    const names = Object.keys(given).filter((name) => command.getOptionValueSource(name) === source);
    return Object.fromEntries(names.map((name) => [name, given[name]]));
  };
  return effectiveConfig({
    defaults: { ...defaults, ...from('default') },
    file: configFileOf(command),
    env: process.env,
    flags: from('cli'),
  });
}

/** The configuration file that is named; undefined without one. */
export function configFileOf(command: Command): string | undefined {
  const file: unknown = command.opts()['config'] ?? process.env['SCAN_WRITER_CONFIG'];
  return typeof file === 'string' && file !== '' ? file : undefined;
}

/** As `configOf`, with all that applies to `run` when nothing is said. */
export function runConfigOf(command: Command): Config {
  return configOf(command, { ...runDefaults(), state: defaultStateFolder() });
}
