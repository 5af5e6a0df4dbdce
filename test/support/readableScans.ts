import path from 'node:path';
import { hasRecording } from './recordings.js';

export type ScanKind = 'curve' | 'spectra' | 'mesh' | 'images';

/** A recorded scan of a kind that readers treat in their own ways. Paths are below the directory of the files. */
export interface ReadableScan {
  readonly kind: ScanKind;
  readonly recording: string;
  /** The scan's db_name. */
  readonly scan: string;
  /** Scan number and top master: `2.1`. */
  readonly entry: string;
  /** The master of its dataset, and under a data policy those of its collection and its proposal. */
  readonly masters: readonly [dataset: string, collection?: string, proposal?: string];
  /** Columns to plot: two axes for a mesh. Images have none, spectra are taken as they come. */
  readonly x?: readonly string[];
  readonly y?: string;
  readonly points: number;
  /** What silx plots it against. */
  readonly axes: readonly string[];
}

/** A file through which a scan can be read. */
export interface Access {
  readonly through: string;
  readonly file: string;
  /** The scan's name in it. */
  readonly entry: string;
}

const CURVE = { kind: 'curve', x: ['robx'], y: 'diode3', axes: ['robx'] } as const;
const SPECTRA = { kind: 'spectra', axes: ['elapsed_time'] } as const;
const MESH = { kind: 'mesh', x: ['robx', 'roby'], y: 'diode3', axes: ['robx', 'roby'] } as const;
const IMAGES = { kind: 'images', y: 'lima_simulator', axes: ['elapsed_time'] } as const;

const SESSION = 'inhse_session:mnt:beamline00';
const POLICY = 'fs1/id00/mnt/testproposal/id00';
const TECHNIQUE = 'fsi/id00/inhouse/ihmx1/id00';
const LIMA = 'fs1/visitor/hg123/id00';

const TECHNIQUE_MASTERS = [
  `${TECHNIQUE}/s/s_d/s_d.h5`,
  `${TECHNIQUE}/s/ihmx1_s.h5`,
  `${TECHNIQUE}/ihmx1_id00.h5`,
] as const;

/** Every kind with a master of its dataset, and with the higher masters of the data policy where that is recorded. */
export const READABLE_SCANS: readonly ReadableScan[] = [
  { ...CURVE, points: 11, ...withoutPolicy('ascan', '1_ascan') },
  { ...SPECTRA, points: 5, ...withoutPolicy('mca', '1_loopscan') },
  { ...MESH, points: 20, ...withoutPolicy('amesh', '1_amesh') },
  { ...IMAGES, points: 8, ...withoutPolicy('lima_hdf5_multi', '1_loopscan') },
  {
    ...CURVE,
    recording: 'policy',
    points: 4,
    scan: `${SESSION}:fs1:id00:mnt:testproposal:sample_A:sample_A_ds1:2_ascan`,
    entry: '2.1',
    masters: [
      `${POLICY}/sample_A/sample_A_ds1/sample_A_ds1.h5`,
      `${POLICY}/sample_A/testproposal_sample_A.h5`,
      `${POLICY}/testproposal_id00.h5`,
    ],
  },
  {
    ...SPECTRA,
    recording: 'policy_technique',
    points: 3,
    scan: `${SESSION}:fsi:id00:inhouse:ihmx1:s:s_d:1_loopscan`,
    entry: '1.1',
    masters: TECHNIQUE_MASTERS,
  },
  {
    ...MESH,
    recording: 'policy_technique',
    points: 12,
    scan: `${SESSION}:fsi:id00:inhouse:ihmx1:s:s_d:2_amesh`,
    entry: '2.1',
    masters: TECHNIQUE_MASTERS,
  },
  {
    ...IMAGES,
    recording: 'policy_lima',
    points: 5,
    scan: `${SESSION}:fs1:visitor:hg123:xtal:xtal_one:1_loopscan`,
    entry: '1.1',
    masters: [`${LIMA}/xtal/xtal_one/xtal_one.h5`, `${LIMA}/xtal/hg123_xtal.h5`, `${LIMA}/hg123_id00.h5`],
  },
].filter(({ recording }) => hasRecording(recording)) as ReadableScan[];

function withoutPolicy(
  recording: string,
  name: string,
): Pick<ReadableScan, 'recording' | 'scan' | 'entry' | 'masters'> {
  const masters = [`${recording}/inhse_session/data.h5`] as const;
  return { recording, scan: `${SESSION}:${recording}:${name}`, entry: '1.1', masters };
}

/** The file of a scan. */
export function scanFile({ entry, masters: [dataset] }: ReadableScan): string {
  return dataset.replace(/\.h5$/, `_scan${entry.slice(0, -2).padStart(4, '0')}.h5`);
}

/** All files through which a scan can be read. */
export function accesses(scan: ReadableScan): Access[] {
  const { entry } = scan;
  const [dataset, collection, proposal] = scan.masters;
  const above = `${path.basename(dataset, '.h5')}_${entry}`;
  return [
    { through: 'its own file', file: scanFile(scan), entry },
    { through: 'the master of the dataset', file: dataset, entry },
    ...(collection ? [{ through: 'the master of the collection', file: collection, entry: above }] : []),
    ...(proposal ? [{ through: 'the master of the proposal', file: proposal, entry: above }] : []),
  ];
}
