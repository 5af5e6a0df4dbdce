import { nodeName } from '../scan/index.js';
import type { ScanProgress, ServiceReports } from '../service/index.js';
import { Rate, shortNumber, showProgress } from './terminal.js';

/** Scans, points and rate of all that is being written, on one line of a terminal. */
export class ProgressLine {
  readonly #scans = new Map<string, ScanProgress>();
  readonly #rate = new Rate();
  #finishedPoints = 0;

  readonly reports: ServiceReports = {
    onProgress: (scan) => {
      this.#scans.set(scan.scan.dbName, scan);
      this.#show();
    },
    onScanWaits: (dbName) => {
      this.#remove(dbName);
    },
    onScanDone: ({ scan }) => {
      this.#remove(scan.dbName);
    },
    onScanRefused: (dbName) => {
      this.#remove(dbName);
    },
  };

  #remove(dbName: string): void {
    this.#finishedPoints += this.#scans.get(dbName)?.points ?? 0;
    this.#scans.delete(dbName);
    this.#show();
  }

  #show(): void {
    const scans = [...this.#scans.values()];
    const points = scans.reduce((sum, scan) => sum + scan.points, this.#finishedPoints);
    const rate = this.#rate.update(points);
    const names = scans.map(({ scan, rows, expected }) => {
      const name = nodeName(scan.dbName);
      return `${name} ${rows}${expected > 0 ? `/${expected}` : ''}`;
    });
    const running = names.length === 0 ? 'waiting for scans' : names.join(', ');
    showProgress(`${running} | ${shortNumber(points)} points, ${shortNumber(rate)} points/s`);
  }
}
