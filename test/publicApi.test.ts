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
