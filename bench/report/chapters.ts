/** What the page says around its tables, in markdown. */
import type { CaseName } from '../cases/index.js';

export const HEAD = `# Benchmarks

How fast scans are written, measured by \`npm run bench\`, which makes this page. One machine runs all of it: the Redis,
the publisher, the writer, and the readers. Scans are made by formula, with the keys, events and pickles of BLISS.

Contenders run in turn, each in a process of its own, in changing order. A table has their medians; a ratio is the median
of the ratios in each pair. On a machine that has other things to do ratios say more than seconds, and CPU time (user and
system, all threads) more than wall time. Files go to the page cache of a local disk, not to a file server.`;

export const BUSY = `**The machine was busy with other things while this was measured** (see its load below). Wall times and everything
live are worse than they would be on a machine that has nothing else to do, and vary much. CPU times suffer less.`;

export const REPEAT = `## How to repeat

\`\`\`sh
scripts/install-test-tools.sh            # redis-server, and h5py, redis-py and numpy of Debian
npm run bench                            # all of it, and this page
npm run bench -- --quick                 # everything small, in artifacts/bench-quick
npm run bench -- --only live --pairs 3   # one case; the page takes the others from before
npm run bench -- --only soak --minutes 60
\`\`\`

The sizes stand in [bench/sizes.ts](../bench/sizes.ts), the cases in \`bench/cases\`. The aims are to compare with:
nothing fails when one is short.`;

interface Chapter {
  readonly title: string;
  readonly text: string;
}

export const CHAPTERS: Readonly<Record<CaseName, Chapter>> = {
  backfill: {
    title: 'Backfill',
    text: `One scan that Redis holds is written at once. Redis keeps all its events here; BLISS lets it keep the last 2048 of a
channel.

- _reading (ioredis)_: the same streams are read and thrown away, about 1 MiB a reply, by the library that the writer
  uses, which takes each reply apart. The writer's own readers leave them whole (docs/decisions.md), so that it can be
  faster where entries are small.
- _reading, unpickling_: they are also decoded, by the writer's decoder.
- _redis-cli --rdb_: Redis sends its whole database as one file. Its own CPU time is not seen from outside.
- _scan-writer_: \`backfillScan\` of the package, without the start of Node, but with everything else: the thread, the
  HDF5 library, NeXus groups and links, a journal, a lock, and in the end hashes of all datasets, for which they are
  read back.
- _h5py, in batches_: Python, redis-py and h5py; each channel's points are gathered for half a second or 16 MiB and
  appended at once. Only datasets: no NeXus, no hashes, no lock, and nothing is safe when it is killed.
- _h5py, each event_: the same, but each event makes its dataset longer. With single points it would take minutes, so
  it gets a tenth of them and what it took counts ten times.

The h5py programs are in [bench/peers](../bench/peers); their chunks are 1024 scalars, one spectrum, one frame. The
largest RSS counts the whole process.`,
  },
  mix: {
    title: 'Recorded scans',
    text: `Recordings of [test/fixtures/recordings](../test/fixtures/recordings/README.md), each published again and again as another session: many short scans with
a master. What is done once a scan counts here, not the points.`,
  },
  growth: {
    title: 'Growth',
    text: `Whether an event costs the same in a long scan, and in one of many channels. The same driver as for _scan-writer_
above. With few events the start of the thread and the library is most of it.`,
  },
  live: {
    title: 'Live',
    text: `\`scan-writer run\` follows scans that a publisher paces. A channel's values are the times of publication, so a
reader (h5py, which opens, reads and closes the file again and again) sees how late they are. It sometimes looks while
the file is being changed, cannot read it, and looks again.`,
  },
  start: { title: 'Start', text: 'How long a service that is started again does not see new scans.' },
  soak: { title: 'Soak', text: 'Whether the memory grows with time.' },
};
