import { joined, type DatasetView, type GroupView } from '../../reading/index.js';
import {
  childrenOfClass,
  groupAt,
  isEntry,
  problem,
  severityOfAbsence,
  type Problem,
  type Rule,
} from './rule.js';

/** Motor positions, and the motors that were scanned (LAYOUT 0.3, 0.4, 2.2; PyMca 5.8 was tried). */
export const positioners: Rule = {
  name: 'positioners',
  *check(object) {
    if (!isEntry(object)) return;
    const instrument = childrenOfClass(object, 'NXinstrument')[0] ?? groupAt(object, 'instrument');
    const group = instrument && groupAt(instrument, 'positioners');
    if (instrument === undefined || group === undefined) {
      // Where Sardana keeps them.
      if (groupAt(object, 'measurement/pre_scan_snapshot') !== undefined) return;
      const breaks = 'PyMca shows no motor positions and guesses the scanned motor from the title';
      yield problem(severityOfAbsence(object), object.path, `There is no instrument/positioners: ${breaks}.`);
      return;
    }
    yield* motorProblems(group);
    yield* scannedProblems(object, instrument, group);
  },
};

function* motorProblems(group: GroupView): Generator<Problem> {
  for (const name of group.names()) {
    const motor = group.at(name);
    const at = joined(group.path, name);
    // A link that leads nowhere is reported as such.
    if (motor.kind === 'broken') continue;
    if (motor.kind !== 'dataset') {
      const sentence =
        'It is a group where motor positions are expected: PyMca shows no motor position at all.';
      yield problem('error', at, sentence);
    } else if (motor.shape === null) {
      yield problem('error', at, 'The motor has no value: PyMca shows no motor position at all.');
    } else if (motor.values === 'text') {
      const what = `The position is the text "${(motor.text() ?? '').slice(0, 40)}"`;
      yield problem('warning', at, `${what}: PyMca leaves the motor out.`);
    }
  }
}

/** PyMca takes as x axis what is both in positioners and in measurement. */
function* scannedProblems(entry: GroupView, instrument: GroupView, group: GroupView): Generator<Problem> {
  const measurement = groupAt(entry, 'measurement');
  if (measurement === undefined) return;
  for (const motor of childrenOfClass(instrument, 'NXpositioner')) {
    const name = motor.path.split('/').at(-1) ?? '';
    const value = motor.has('value') ? motor.at('value') : undefined;
    if (value?.kind !== 'dataset' || !isScanned(value)) continue;
    const absent = [group, measurement].filter((place) => !place.has(name));
    const [first] = absent;
    if (first === undefined) continue;
    const breaks = 'PyMca does not offer it as x axis';
    yield problem('warning', motor.path, `The motor was scanned and is not in ${first.path}: ${breaks}.`);
  }
}

function isScanned({ values, shape }: DatasetView): boolean {
  return values === 'number' && shape?.length === 1 && (shape[0] ?? 0) > 1;
}
