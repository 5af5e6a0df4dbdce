import { loadHdf5, type Hdf5File } from '../writer/index.js';

/** Children of a group that are shown before the rest is only counted. */
const SHOWN = 6;
const DEVICES: readonly unknown[] = ['NXpositioner', 'NXdetector'];

/** The upper levels of a file as lines of text, to see at a glance what is in it. */
export async function outline(path: string): Promise<string[]> {
  const file = (await loadHdf5()).openForReading(path);
  try {
    return file
      .names('/')
      .flatMap((entry) => [
        `/${entry}`,
        ...indented(textsOf(file, `/${entry}`)),
        ...indented(['instrument', ...indented(devicesOf(file, `/${entry}/instrument`))]),
        ...indented(['measurement', ...indented(linksOf(file, `/${entry}/measurement`))]),
      ]);
  } finally {
    file.close();
  }
}

function textsOf(file: Hdf5File, entry: string): string[] {
  return ['title', 'start_time', 'end_time', 'end_reason'].flatMap((name) => {
    const text = file.has(`${entry}/${name}`) ? file.readText(`${entry}/${name}`) : undefined;
    return text === undefined ? [] : [`${name}: ${text}`];
  });
}

/** Motors and detectors with their datasets; the metadata groups beside them are left out. */
function devicesOf(file: Hdf5File, instrument: string): string[] {
  const groups = file.names(instrument).map((name) => `${instrument}/${name}`);
  const devices = groups.filter((group) => DEVICES.includes(file.attributesOf(group).get('NX_class')));
  return shortened(devices, (group) => {
    const datasets = file.names(group).map((name) => ({ name, shape: file.shapeOf(`${group}/${name}`) }));
    const points = datasets
      .filter(({ shape }) => shape.length > 0)
      .sort((a, b) => b.shape.length - a.shape.length);
    const shown = points.slice(0, 3).map(({ name, shape }) => `${name} (${shape.join(' x ')})`);
    return `${lastOf(group)}: ${shown.join(', ')}${points.length > 3 ? ', ...' : ''}`;
  });
}

function linksOf(file: Hdf5File, group: string): string[] {
  if (!file.has(group)) return [];
  return shortened(file.names(group), (name) => {
    const link = file.linkOf(`${group}/${name}`);
    return link.kind === 'soft' ? `${name} -> ${link.target}` : name;
  });
}

function shortened(items: readonly string[], line: (item: string) => string): string[] {
  const rest = items.length > SHOWN ? [`... and ${items.length - SHOWN} more`] : [];
  return [...items.slice(0, SHOWN).map(line), ...rest];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `    ${line}`);
}

function lastOf(path: string): string {
  return path.split('/').at(-1) ?? path;
}
