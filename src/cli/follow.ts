import type { Command } from 'commander';
import { elements, type ScanEvent } from '../scan/index.js';
import { followSession } from '../service/index.js';
import { redisOf, redisOption } from './options.js';
import { stopSignal } from './signals.js';
import { makeLogger, print, printJson } from './terminal.js';

export function addFollow(program: Command): void {
  program
    .command('follow')
    .description('Print what a session publishes, as it happens')
    .argument('<session>', 'name of the BLISS session; it need not exist yet')
    .addOption(redisOption())
    .option('--json', 'one JSON object a line, for programs in any language')
    .action(run);
}

async function run(session: string, options: { redis: string; json?: boolean }): Promise<void> {
  const log = makeLogger();
  const events = followSession({
    redis: redisOf(options),
    session,
    signal: stopSignal(),
    onConnection: (state, why) => {
      log.warn(
        state === 'lost' ? `connection to Redis lost (${why}), trying again` : 'connected to Redis again',
      );
    },
  });
  for await (const event of events) {
    if (options.json === true) printJson(jsonOf(event));
    else {
      const line = lineOf(event);
      if (line !== undefined) print(line);
    }
  }
}

/** The event under its contract's names: `event`, `scan` as text, `channel` as full name (DESIGN, "CLI contract"). */
function jsonOf(event: ScanEvent): unknown {
  const base = { event: event.type, scan: event.scan.dbName };
  switch (event.type) {
    case 'scanStarted':
      return {
        ...base,
        session: event.session,
        start_timestamp: event.scan.startTimestamp,
        title: event.info.get('title'),
      };
    case 'channelAdded': {
      const { name, kind, devices, dtype, shape, unit } = event.channel;
      return { ...base, channel: name, kind, devices, dtype, shape, unit };
    }
    case 'chunk': {
      const { channel, firstIndex, count, dtype, shape } = event;
      const values = shape.length === 0 ? { values: elements(event) } : {};
      return { ...base, channel: channel.name, first: firstIndex, count, dtype, shape, ...values };
    }
    case 'records':
      return {
        ...base,
        channel: event.channel.name,
        first: event.firstIndex,
        count: event.values.length,
        values: event.values,
      };
    case 'gap': {
      const { channel, from, to, cause } = event;
      return {
        ...base,
        channel: channel.name,
        first: from,
        count: to === undefined ? -1 : to - from,
        reason: cause,
      };
    }
    case 'images':
      return { ...base, channel: event.channel.name, ready: event.ready, saved: event.saved };
    case 'memberScan':
      return { ...base, channel: event.channel.name, index: event.index, member: event.member };
    case 'channelEnded':
      return { ...base, channel: event.channel.name, total: event.total };
    case 'stateChanged':
      return { ...base, state: event.state };
    case 'scanEnded':
      return { ...base, state: event.state, end_reason: event.reason };
    case 'scanAbandoned':
      return { ...base, state: event.state };
    case 'scanLost':
      return { ...base, reason: event.why };
    case 'deviceInfo':
      return { ...base, devices: event.devices };
    case 'scanPrepared':
    case 'datasetInfo':
    case 'infoChanged':
      return base;
  }
}

function lineOf(event: ScanEvent): string | undefined {
  const name = event.scan.dbName;
  switch (event.type) {
    case 'scanStarted':
      return `${name} started`;
    case 'scanPrepared':
      return `${name} prepared`;
    case 'chunk': {
      const { channel, firstIndex, count, shape } = event;
      const values = elements(event);
      const what = shape.length === 0 ? values.slice(-1).join() : `${count} x (${shape.join(', ')})`;
      return `${name} ${channel.name} [${firstIndex + count - 1}] ${what}`;
    }
    case 'records':
      return `${name} ${event.channel.name} [${event.firstIndex + event.values.length - 1}] ${event.values.at(-1) ?? ''}`;
    case 'images':
      return `${name} ${event.channel.name} ${event.ready} images, ${event.saved} saved`;
    case 'gap':
      return `${name} ${event.channel.name} lost from point ${event.from} on: ${event.cause}`;
    case 'memberScan':
      return `${name} member ${event.member}`;
    case 'scanEnded':
      return `${name} ended: ${event.reason}`;
    case 'scanLost':
      return `${name} lost: ${event.why}`;
    case 'scanAbandoned':
    case 'channelAdded':
    case 'channelEnded':
    case 'datasetInfo':
    case 'deviceInfo':
    case 'infoChanged':
    case 'stateChanged':
      return undefined;
  }
}
