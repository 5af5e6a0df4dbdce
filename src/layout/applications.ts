import { dictOf, isInfoDict, lookUp, textOf, textsOf, type InfoDict } from '../scan/index.js';
import { valueOperations } from './dictionary.js';
import type { KnownPaths } from './knownPaths.js';
import { cleanName } from './names.js';
import type { TreeOperation } from './operation.js';
import type { PlotField } from './plots.js';

/**
 * Application entries of the technique (LAYOUT 1.9): of the kinds that the facility configures, `APPxrf` links the
 * intensities and the MCA elements with their times under fixed names.
 */
export function applicationOperations(
  entry: string,
  info: InfoDict,
  fields: readonly PlotField[],
  endTime: string | undefined,
  known: KnownPaths,
): TreeOperation[] {
  const applications = dictOf(lookUp(info, 'nexuswriter', 'technique', 'applications'));
  return [...applications].flatMap(([name, value]) => {
    if (!isInfoDict(value) || textOf(value.get('class')) !== 'APPxrf') return [];
    const group = known.free(`${entry}/${cleanName(name)}`);
    const operations = xrfOperations(group, value, fields, endTime);
    known.record(operations);
    return operations;
  });
}

function xrfOperations(
  group: string,
  application: InfoDict,
  fields: readonly PlotField[],
  endTime: string | undefined,
): TreeOperation[] {
  const link = (name: string, field: PlotField | undefined): TreeOperation[] => {
    return field === undefined ? [] : [{ op: 'softLink', path: `${group}/${name}`, target: field.path }];
  };
  const named = (key: string): PlotField | undefined => {
    const name = textOf(application.get(key));
    return name === undefined ? undefined : fields.find((field) => isNamed(field, name));
  };
  const elements = textsOf(application.get('mca'))
    .map((element) => fields.filter((field) => isOfElement(field, element)))
    .filter((datasets) => datasets.length > 0);
  return [
    { op: 'group', path: group, attributes: { NX_class: 'NXsubentry' } },
    { op: 'text', path: `${group}/definition`, value: 'APPxrf' },
    {
      op: 'softLink',
      path: `${group}/start_time`,
      target: `${group.slice(0, group.lastIndexOf('/'))}/start_time`,
    },
    ...(endTime === undefined ? [] : valueOperations(`${group}/end_time`, endTime)),
    ...link('i0', named('I0')),
    ...link('it', named('It')),
    ...elements.flatMap((datasets, index) => {
      const suffix = `mca${String(index).padStart(2, '0')}`;
      const dataset = (name: string): PlotField | undefined =>
        datasets.find(({ path }) => path.endsWith(`/${name}`));
      return [
        ...link(suffix, dataset('data')),
        ...link(`live_time_${suffix}`, dataset('live_time')),
        ...link(`elapsed_time_${suffix}`, dataset('elapsed_time')),
      ];
    }),
  ];
}

/** `simu1:det0` is the element of all channels `simu1:..._det0`. */
function isOfElement(field: PlotField, element: string): boolean {
  const split = element.lastIndexOf(':');
  const [controller, detector] = [element.slice(0, split), element.slice(split + 1)];
  return field.channel.startsWith(`${controller}:`) && field.channel.endsWith(`_${detector}`);
}

function isNamed(field: PlotField, name: string): boolean {
  return field.channel === name || field.channel.endsWith(`:${name}`);
}
