import net from 'node:net';
import tls from 'node:tls';
import { AbstractConnector } from 'ioredis';
import type { StreamEntries } from '../entries.js';
import { ReplyTap } from './replyTap.js';

const DEFAULT_PORT = 6379;

/** What ioredis knows of the server that it is to connect to. */
export interface ConnectorOptions {
  readonly path?: string | null;
  readonly host?: string | null;
  readonly port?: number | null;
  readonly family?: number | null;
  readonly tls?: tls.ConnectionOptions | null;
  readonly disconnectTimeout: number;
}

/** Connects as ioredis does, but for a tap in each socket, see {@link ReplyTap}. */
export class TappedConnector extends AbstractConnector {
  readonly #options: ConnectorOptions;
  readonly #keep: (streams: StreamEntries[]) => number;

  constructor(options: ConnectorOptions, keep: (streams: StreamEntries[]) => number) {
    super(options.disconnectTimeout);
    this.#options = options;
    this.#keep = keep;
  }

  override async connect(): Promise<net.Socket> {
    this.connecting = true;
    await Promise.resolve();
    if (this.#isGivenUp) throw new Error('Connection is closed.');
    const socket = this.#open();
    this.stream = socket;
    socket.once('error', (error) => {
      this.firstError = error;
    });
    return socket;
  }

  /** It was told to disconnect meanwhile. */
  get #isGivenUp(): boolean {
    return !this.connecting;
  }

  #open(): net.Socket {
    const tap = new ReplyTap(this.#keep, (bytes) => {
      if (bytes.length > 0) socket.push(bytes);
      else socket.emit('data', bytes);
    });
    const onread: net.OnReadOpts = {
      buffer: () => tap.room(),
      callback: (count) => {
        tap.took(count);
        return true;
      },
    };
    const { path, host, port, family, tls: security } = this.#options;
    const place = {
      ...(path ? { path } : { port: port ?? DEFAULT_PORT }),
      ...(host ? { host } : {}),
      ...(family ? { family } : {}),
      onread,
    };
    const socket = security ? tls.connect({ ...place, ...security }) : net.connect(place);
    return socket;
  }
}
