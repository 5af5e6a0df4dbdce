import type { Scan } from './api';
import { make, setText } from './dom';
import { FileView } from './browser/fileView';
import { StatusFeed, type Snapshot } from './feed';
import { ago } from './format';
import { Disks } from './parts/disks';
import { EndedScans } from './parts/ended';
import { Problems } from './parts/problems';
import { RunningScans } from './parts/running';
import { Sessions } from './parts/sessions';
import { TokenForm } from './parts/tokenForm';
import { PlotPanel } from './plot/plotPanel';
import { Rates } from './rates';
import './style.css';

const FILE_HASH = '#file=';

const problems = new Problems();
const rates = new Rates();
const version = make('p', { class: 'quiet' });
const token = new TokenForm(() => {
  void plot.update();
  showPlace();
});
const plot = new PlotPanel((why) => {
  token.refuse(why);
});
const running = new RunningScans(rates, {
  onPlot: (scan) => {
    plot.select(scan);
    running.show(lastLive, plot.scan);
    plot.element.focus();
  },
  onBrowse: openFile,
});
const sessions = new Sessions();
const disks = new Disks();
const ended = new EndedScans(openFile);
const overview = make(
  'div',
  { class: 'overview' },
  running.element,
  plot.element,
  make('div', { class: 'columns' }, sessions.element, disks.element),
  ended.element,
);
const file = new FileView(
  () => {
    location.hash = '';
  },
  (why) => {
    token.refuse(why);
  },
);
let lastLive: readonly Scan[] = [];

document
  .getElementById('header')
  ?.append(
    make('div', { class: 'title' }, make('h1', {}, 'scan-writer'), version),
    problems.pill,
    token.element,
  );
document.getElementById('main')?.append(problems.element, overview, file.element);

function openFile(scan: string): void {
  location.hash = `${FILE_HASH}${encodeURIComponent(scan)}`;
}

/** The address says what is shown, so that a browser's own buttons lead back. */
function showPlace(): void {
  const isFile = location.hash.startsWith(FILE_HASH);
  overview.hidden = isFile;
  if (isFile) void file.open(decodeURIComponent(location.hash.slice(FILE_HASH.length)));
  else file.close();
}

function show({ service, sessions: known, live, ended: over }: Snapshot): void {
  lastLive = live;
  rates.add(live, performance.now());
  problems.showService(service);
  setText(version, `${service.version}, started ${ago(service.start_time)}`);
  token.showAccess(service.data_access);
  plot.showAccess(service.data_access);
  const first = live.find(({ state }) => state === 'running');
  if (first !== undefined && !live.some(({ scan }) => scan === plot.scan)) plot.select(first);
  else void plot.update();
  running.show(live, plot.scan);
  sessions.show(known);
  disks.show(service);
  ended.show(over);
  file.update([...live, ...over]);
}

window.addEventListener('hashchange', showPlace);
showPlace();
new StatusFeed({
  onSnapshot: show,
  onReachable: (isThere) => {
    problems.showReachable(isThere);
  },
});
