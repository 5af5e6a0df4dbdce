import type { FileSystemThreads, ByteBudget } from '../../writer/index.js';
import type { ServiceControl } from '../serviceControl.js';
import type { SessionOptions } from '../sessionOptions.js';
import type { Settings } from '../settings.js';
import type { ServiceStatus } from '../status/index.js';
import type { DataAccess } from './auth.js';
import type { EventClients } from './eventClients.js';
import type { FileBrowser } from './fileBrowser.js';
import type { ServiceMetrics } from './metrics/index.js';
import type { PointReader } from './pointReader.js';

/** What routes can ask. */
export interface ApiContext {
  readonly status: ServiceStatus;
  readonly settings: Settings;
  readonly options: SessionOptions;
  readonly threads: FileSystemThreads;
  readonly budget: ByteBudget;
  readonly control: ServiceControl;
  readonly events: EventClients;
  readonly metrics: ServiceMetrics;
  readonly points: PointReader;
  readonly files: FileBrowser;
  readonly dataAccess: DataAccess;
}
