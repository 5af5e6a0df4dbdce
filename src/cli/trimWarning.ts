import type { TrimMargin } from '../scan/index.js';

/** The fields and the sentence of a warning: the channel that is nearest to losing points, and how many more there are. */
export function trimWarning(dbName: string, margins: readonly TrimMargin[]): [object, string] {
  const channels = margins.map(({ channel, entries, length, seconds }) => {
    return { channel: channel.name, entries, length, seconds };
  });
  const [nearest] = channels;
  const others = channels.length > 1 ? ` and ${channels.length - 1} more` : '';
  const when = nearest?.seconds === undefined ? '' : ` in about ${Math.round(nearest.seconds)} s`;
  const left = `${nearest?.entries ?? 0} of ${nearest?.length ?? 0} events left`;
  return [
    { scan: dbName, channels },
    `${dbName} is written more slowly than it is published: Redis will drop points of ` +
      `${nearest?.channel ?? 'a channel'}${others} that are not read yet${when} (${left})`,
  ];
}
