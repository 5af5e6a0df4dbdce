import { expect, it } from 'vitest';
import * as api from 'bliss-scan-writer';

it('exports these names and no others', () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "ScanWriterError",
      "backfillScan",
      "elementCount",
      "elements",
      "followSession",
    ]
  `);
});

it('says what is wrong to who has no compiler', async () => {
  const redis = 'redis://127.0.0.1:1';
  const withoutScan = { redis } as Parameters<typeof api.backfillScan>[0];
  await expect(api.backfillScan(withoutScan)).rejects.toMatchObject({ tag: 'usage' });
  const from = 'beginning' as 'start';
  const events = api.followSession({ redis, session: 'any', from });
  await expect(events.next()).rejects.toMatchObject({ tag: 'usage' });
});
