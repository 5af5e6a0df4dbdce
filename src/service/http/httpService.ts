import type { ByteBudget, FileSystemThreads } from '../../writer/index.js';
import type { ServiceReports } from '../reports.js';
import type { ServiceControl } from '../serviceControl.js';
import type { SessionOptions } from '../sessionOptions.js';
import type { Settings } from '../settings.js';
import type { ServiceStatus } from '../status/index.js';
import { addressText, isLocal, type HttpSettings } from './address.js';
import { dataAccessOf } from './auth.js';
import { EventClients } from './eventClients.js';
import { FileBrowser } from './fileBrowser.js';
import { listen, type Listening } from './listen.js';
import { ServiceMetrics } from './metrics/index.js';
import { PointReader } from './pointReader.js';
import { Router } from './router.js';
import { allRoutes } from './routes/index.js';
import { makeServer } from './server.js';

/** What the HTTP side looks at. */
export interface HttpSubject {
  readonly status: ServiceStatus;
  readonly settings: Settings;
  readonly options: SessionOptions;
  readonly threads: FileSystemThreads;
  readonly budget: ByteBudget;
}

/** The HTTP side of one service. */
export class HttpService {
  /** What the service is to tell for the metrics. */
  readonly reports: ServiceReports;
  readonly #settings: HttpSettings;
  readonly #subject: HttpSubject;
  readonly #events: EventClients;
  readonly #metrics: ServiceMetrics;
  readonly #files = new FileBrowser();
  readonly #stopListening: () => void;
  #listening: Listening | undefined;

  constructor(settings: HttpSettings, subject: HttpSubject) {
    const { status, budget } = subject;
    this.#settings = settings;
    this.#subject = subject;
    this.#events = new EventClients(status.startedAt);
    this.#metrics = new ServiceMetrics(status, budget, () => this.#events.count);
    this.reports = this.#metrics.reports;
    this.#stopListening = status.listen((event) => {
      this.#events.add(event);
    });
  }

  /** @throws ScanWriterError `usage` when the address cannot be had */
  async listen(control: ServiceControl, reports: ServiceReports): Promise<void> {
    const [events, metrics] = [this.#events, this.#metrics];
    const points = new PointReader(this.#subject.threads);
    const [files, dataAccess] = [this.#files, dataAccessOf(this.#settings)];
    const router = new Router(
      allRoutes({ ...this.#subject, control, events, metrics, points, files, dataAccess }),
    );
    const server = makeServer({
      settings: this.#settings,
      router,
      onAnswered: (code) => {
        metrics.countRequest(code);
      },
      onFault: (error) => reports.onHttpFault?.(error),
    });
    this.#listening = await listen(server, this.#settings.address);
    const { address } = this.#listening;
    const warning = isLocal(address)
      ? undefined
      : 'it can be reached from other machines, without encryption: everybody there may read the state of scans';
    reports.onHttp?.(addressText(address), warning);
  }

  async close(): Promise<void> {
    this.#stopListening();
    this.#events.close();
    await this.#listening?.close();
    this.#files.close();
    this.#metrics.close();
  }
}
