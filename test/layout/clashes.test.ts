import { expect, it } from 'vitest';
import { channelOf, infoOf } from '../support/scanInfo.js';
import { TreeChecker } from '../support/treeChecker.js';
import { reportOf, treeOf } from './support.js';

it('keeps categories of users apart from the groups that we make of the same name', () => {
  const info = infoOf({
    acquisition_chain: { timer: { devices: [] } },
    scan_meta_categories: ['sample', 'notes', 'xrf'],
    sample: { colour: 'red', name: 'theirs' },
    notes: 'not a group',
    xrf: { mine: 1 },
    comments: [{ timestamp: 1_700_000_000, message: 'hello' }],
    nexuswriter: {
      technique: {
        applications: { xrf: { class: 'APPxrf' }, 'x rf': { class: 'APPxrf' }, x_rf: { class: 'APPxrf' } },
      },
    },
  });
  const tree = treeOf(info);
  const file = new TreeChecker().apply(tree.start()).apply(tree.addChannel(channelOf('timer:epoch')));
  const dataset = infoOf({ Sample_name: 'ours' });
  // The checker refuses a path that is made twice.
  expect(() => file.apply(tree.end(reportOf(info, { dataset })))).not.toThrow();
});
