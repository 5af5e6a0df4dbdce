import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { PROGRAM } from '../../../version.js';
import type { ByteBudget } from '../../../writer/index.js';
import type { ServiceReports } from '../../reports.js';
import type { ServiceStatus } from '../../status/index.js';
import { collectDisks, collectLag, collectScans, collectTotals } from './collect.js';

/** From a tenth of a millisecond, which a flush to a page cache takes, to a disk that hangs. */
const BUCKETS = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];
/** Several who ask at the same time get the same text. */
const SAME_MILLISECONDS = 500;
const NANOSECONDS = 1e9;

/** The metrics of one service, in a registry of its own. Most are looked up when somebody asks. */
export class ServiceMetrics {
  readonly contentType: string;
  /** What the service is to tell for the histograms. */
  readonly reports: ServiceReports;
  readonly #registry = new Registry();
  readonly #requests: Counter<'code'>;
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  #last: { readonly time: number; readonly text: Promise<Buffer> } | undefined;

  constructor(status: ServiceStatus, budget: ByteBudget, eventClients: () => number) {
    const registers = [this.#registry];
    this.contentType = this.#registry.contentType;
    this.reports = this.#timings();
    this.#requests = new Counter({
      name: 'scan_writer_http_requests_total',
      help: 'Requests that were answered, by status code.',
      labelNames: ['code'],
      registers,
    });
    this.#gauge('scan_writer_build_info', 'Always 1, with the version as label.', ['version'], (gauge) => {
      gauge.set({ version: PROGRAM.version }, 1);
    });
    this.#gauge(
      'scan_writer_start_time_seconds',
      'When the service was started, since the epoch.',
      [],
      (gauge) => {
        gauge.set(status.startedAt / 1_000);
      },
    );
    this.#gauge('scan_writer_ready', 'Whether new scans would be written now.', [], (gauge) => {
      gauge.set(status.reasons().length === 0 ? 1 : 0);
    });
    this.#gauge('scan_writer_redis_connected', 'Whether there is a connection to Redis.', [], (gauge) => {
      gauge.set(status.isConnected ? 1 : 0);
    });
    this.#counter(
      'scan_writer_redis_reconnects_total',
      'Connections to Redis that were made again.',
      (counter) => {
        counter.inc(status.reconnects);
      },
    );
    this.#gauge('scan_writer_queue_bytes', 'Bytes of points between Redis and disk.', [], (gauge) => {
      gauge.set(budget.used);
    });
    this.#gauge(
      'scan_writer_queue_budget_bytes',
      'Most bytes of points between Redis and disk.',
      [],
      (gauge) => {
        gauge.set(budget.limit);
      },
    );
    this.#gauge('scan_writer_event_clients', 'Clients that follow /api/events.', [], (gauge) => {
      gauge.set(eventClients());
    });
    this.#eventLoop();
    collectTotals(this.#registry, status);
    collectScans(this.#registry, status);
    collectLag(this.#registry, status);
    collectDisks(this.#registry, status);
    this.#delay.enable();
  }

  /** In the text format of Prometheus. */
  text(): Promise<Buffer> {
    const now = performance.now();
    if (this.#last === undefined || now - this.#last.time > SAME_MILLISECONDS) {
      this.#last = { time: now, text: this.#registry.metrics().then((text) => Buffer.from(text)) };
    }
    return this.#last.text;
  }

  countRequest(code: number): void {
    this.#requests.inc({ code });
  }

  close(): void {
    this.#delay.disable();
    this.#registry.clear();
  }

  #timings(): ServiceReports {
    const [decode, append, flush, sync, checkpoint] = [
      this.#histogram('decode', 'Decoding what came of a channel at once.'),
      this.#histogram('append', 'Writing the points of a flush into datasets.'),
      this.#histogram('flush', 'Flushing a file to the operating system.'),
      this.#histogram('sync', 'Waiting for the disk after a flush, where --sync says so.'),
      this.#histogram('checkpoint', 'Writing the journal after a flush.'),
    ] as const;
    return {
      onDecoded: (seconds) => {
        decode.observe(seconds);
      },
      onWritten: (times) => {
        append.observe(times.append);
        flush.observe(times.flush);
        sync.observe(times.sync);
        checkpoint.observe(times.checkpoint);
      },
    };
  }

  #histogram(step: string, help: string): Histogram {
    const name = `scan_writer_${step}_duration_seconds`;
    return new Histogram({ name, help, buckets: BUCKETS, registers: [this.#registry] });
  }

  #eventLoop(): void {
    const help = 'How late the event loop was since the last look:';
    this.#gauge('scan_writer_event_loop_delay_p99_seconds', `${help} 99 of 100 times less.`, [], (gauge) => {
      gauge.set(this.#delay.percentile(99) / NANOSECONDS);
    });
    this.#gauge('scan_writer_event_loop_delay_max_seconds', `${help} at most.`, [], (gauge) => {
      gauge.set(this.#delay.max / NANOSECONDS);
      this.#delay.reset();
    });
  }

  #gauge<T extends string>(
    name: string,
    help: string,
    labelNames: T[],
    set: (gauge: Gauge<T>) => void,
  ): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        set(this);
      },
    });
  }

  /** Of a total that somebody else counts. */
  #counter(name: string, help: string, set: (counter: Counter) => void): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        set(this);
      },
    });
  }
}
