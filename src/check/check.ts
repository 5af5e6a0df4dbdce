import { ScanWriterError } from '../scan/index.js';
import { clauseOf, openView, type GroupView, type ObjectView } from '../reading/index.js';
import { loadHdf5 } from '../writer/index.js';
import { FindingList, type Finding, type Kind } from './finding.js';
import { RULES } from './rules/index.js';
import { walk, type Met } from './walk.js';

export interface CheckedFile {
  /** The worst first, and of each kind a thousand at most. */
  readonly findings: readonly Finding[];
  /** How many there are of each kind, all counted. */
  readonly kinds: readonly Kind[];
}

/**
 * Looks through an HDF5 file for what breaks in the programs that read it. Reads names, types, shapes and small texts,
 * never the data, and looks whether the other files are there to which it links. Blocks as long as the disk does, and
 * for ever with some damaged files: `CheckThread` does not.
 * @param beat called again and again as long as the reading goes on
 * @throws ScanWriterError if the file cannot be opened or its root cannot be read
 */
export async function checkFile(file: string, beat: () => void = () => undefined): Promise<CheckedFile> {
  const view = openView(file, await loadHdf5(), beat);
  try {
    const findings = new FindingList();
    for (const met of walk(view.root)) {
      for (const finding of judge(met, view.root)) findings.add(finding);
    }
    return { findings: findings.sorted(), kinds: findings.kinds() };
  } finally {
    view.close();
  }
}

function* judge(met: Met, root: GroupView): Generator<Finding> {
  switch (met.kind) {
    case 'damaged':
      if (met.broken.why === 'name') {
        const sentence = `The name is no UTF-8, or damaged (${met.broken.reason}): what it leads to was not checked.`;
        yield { severity: 'warning', rule: 'name', path: met.path, sentence };
      } else yield damaged(met.path, met.broken.reason);
      break;
    case 'loop': {
      const breaks = 'PyMca, silx and h5py open it, and a program that follows every link never ends';
      const sentence = `The group leads back to ${met.ancestor}: ${breaks}.`;
      yield { severity: 'note', rule: 'loop', path: met.path, sentence };
      break;
    }
    case 'cut': {
      const sentence = `${met.reason}: the rest was not checked.`;
      yield { severity: 'note', rule: 'too-large', path: met.path, sentence };
      break;
    }
    default:
      yield* applyRules(met, root);
  }
}

function* applyRules(object: ObjectView, root: GroupView): Generator<Finding> {
  const damages = new Set<string>();
  for (const rule of RULES) {
    try {
      for (const problem of rule.check(object, root)) yield { ...problem, rule: rule.name };
    } catch (error) {
      if (!(error instanceof ScanWriterError)) throw error;
      damages.add(clauseOf(error));
    }
  }
  for (const damage of damages) yield damaged(object.path, damage);
}

function damaged(path: string, reason: string): Finding {
  const sentence = `A part of the file cannot be read (${reason}): every reader fails there.`;
  return { severity: 'error', rule: 'damaged', path, sentence };
}
