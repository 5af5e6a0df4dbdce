import { describe, expect, it } from 'vitest';
import type { StreamEntries } from '../../../../src/subscriber/redis/index.js';
import { ReplyTap } from '../../../../src/subscriber/redis/reply/replyTap.js';

const bulk = (value: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(`$${Buffer.byteLength(value)}\r\n`), Buffer.from(value), Buffer.from('\r\n')]);
const array = (...items: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(`*${items.length}\r\n`), ...items]);
const line = (text: string): Buffer => Buffer.from(`${text}\r\n`);
const entry = (id: string, ...fields: readonly (string | Buffer)[]): Buffer =>
  array(bulk(id), array(...fields.map(bulk)));
const stream = (key: string, ...entries: readonly Buffer[]): Buffer => array(bulk(key), array(...entries));

/** Feeds a tap with pieces of these lengths, in turn. */
function tapped(bytes: Buffer, lengths: readonly number[]): { passed: string; replies: StreamEntries[][] } {
  const passed: Buffer[] = [];
  const replies: StreamEntries[][] = [];
  const tap = new ReplyTap(
    (streams) => replies.push(streams),
    (part) => passed.push(part),
  );
  let piece = 0;
  for (let from = 0; from < bytes.length;) {
    const room = tap.room();
    const length = Math.min(room.length, lengths[piece++ % lengths.length] ?? 1, bytes.length - from);
    bytes.copy(room, 0, from, from + length);
    tap.took(length);
    from += length;
  }
  return { passed: Buffer.concat(passed).toString('latin1'), replies };
}

const textsOf = (replies: readonly StreamEntries[][]): unknown =>
  replies.map((streams) =>
    streams.map(({ key, entries }) => [
      key,
      entries.map(({ id, fields }) => [id, fields.map((field) => field.toString('latin1'))]),
    ]),
  );

const LARGE = Buffer.alloc(300_000, '\r\n*1\r\n$5\r\n', 'latin1');
const PIECES = [[1], [2, 3, 5], [7, 1, 64], [4096], [65_536], [1_000_000]];

describe('the tap of a socket', () => {
  it.each(PIECES)('takes out entries of streams, and nothing else, from pieces of %j ...', (...lengths) => {
    const bytes = Buffer.concat([
      line('+OK'),
      array(stream('k', entry('1-0', 'a', '', 'b', 'x\r\ny'))),
      line('*-1'),
      line('-ERR something'),
      array(
        stream('clé €', entry('2-0', 'data', LARGE), entry('3-0', 'n', '7')),
        stream('no entries'),
        stream('l', entry('1-0', 'a', 'b')),
      ),
      array(bulk('an'), bulk('array'), line(':5'), line('$-1')),
      bulk('a text'),
      array(),
      line(':12'),
    ]);
    const { passed, replies } = tapped(bytes, lengths);
    const others = [array(bulk('an'), bulk('array'), line(':5'), line('$-1')), bulk('a text')];
    expect(passed).toBe(
      `+OK\r\n:1\r\n*-1\r\n-ERR something\r\n:2\r\n${Buffer.concat(others).toString('latin1')}:3\r\n:12\r\n`,
    );
    expect(textsOf(replies)).toEqual([
      [['k', [['1-0', ['a', '', 'b', 'x\r\ny']]]]],
      [
        [
          'clé €',
          [
            ['2-0', ['data', LARGE.toString('latin1')]],
            ['3-0', ['n', '7']],
          ],
        ],
        ['l', [['1-0', ['a', 'b']]]],
      ],
      [],
    ]);
  });

  it('never writes where entries stand that it gave away', () => {
    const bytes = Buffer.concat(
      Array.from({ length: 200 }, (_, n) =>
        array(stream('k', entry(`${n + 1}-0`, 'n', String(n).repeat(900)))),
      ),
    );
    const { replies } = tapped(bytes, [5000, 1, 70_000]);
    const values = replies.map(([streams]) => streams?.entries[0]?.fields[1]?.toString());
    expect(values).toEqual(Array.from({ length: 200 }, (_, n) => String(n).repeat(900)));
  });

  it.each([
    ['an entry without fields', array(stream('k', array(bulk('1-0'), array())))],
    ['an entry that is null', array(stream('k', line('*-1')))],
    ['fields that are no texts', array(stream('k', array(bulk('1-0'), array(bulk('a'), line(':1')))))],
    ['nested fields', array(stream('k', array(bulk('1-0'), array(bulk('a'), array(bulk('b'))))))],
    ['an id that is no text', array(stream('k', array(line(':1'), array(bulk('a'), bulk('b')))))],
    ['a key that is no text', array(array(line(':1'), array(entry('1-0', 'a', 'b'))))],
    ['a third item', array(array(bulk('k'), array(entry('1-0', 'a', 'b')), bulk('more')))],
    ['text in place of a stream', array(bulk('k'))],
  ])('passes on what is no reply of XREAD: %s', (_, bytes) => {
    const next = array(stream('k', entry('1-0', 'a', 'b')));
    const { passed, replies } = tapped(Buffer.concat([bytes, next]), [3]);
    expect(passed).toBe(`${bytes.toString('latin1')}:1\r\n`);
    expect(replies).toHaveLength(1);
  });

  it.each([
    ['a type of RESP3', '%1\r\n+a\r\n+b\r\n'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a length that nothing has', '*1\r\n$999999999999\r\nx'],
    ['a number of items that nothing has', '*999999999\r\n:1\r\n'],
    ['a length that is no number', '*1\r\n$x\r\n'],
    ['no length', '*1\r\n$\r\n'],
    ['a text that is longer than it says', '*1\r\n$1\r\nabc\r\n'],
    ['a line that ends without a line feed', '+OK\rx'],
    [
      'a value that is longer than it says',
      '*1\r\n*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$1\r\nbcd',
    ],
  ])('passes on all that comes from what is no Redis: %s', (_, text) => {
    const next = array(stream('k', entry('1-0', 'a', 'b'))).toString();
    const { passed, replies } = tapped(Buffer.from(text + next), [4]);
    expect(passed).toBe(text + next);
    expect(replies).toEqual([]);
  });

  it('shows that something comes while a reply is not whole', () => {
    let words = 0;
    const tap = new ReplyTap(
      () => 1,
      () => words++,
    );
    for (const byte of array(stream('k', entry('1-0', 'a', 'b'))).subarray(0, 20)) {
      tap.room()[0] = byte;
      tap.took(1);
    }
    expect(words).toBe(20);
  });

  it('keeps little memory when it is idle after a long reply', () => {
    const tap = new ReplyTap(
      () => 1,
      () => undefined,
    );
    const feed = (bytes: Buffer): void => {
      for (let from = 0; from < bytes.length;) {
        const room = tap.room();
        const length = bytes.copy(room, 0, from);
        tap.took(length);
        from += length;
      }
    };
    feed(array(stream('k', entry('1-0', 'a', Buffer.alloc(3_000_000)))));
    feed(line('*-1'));
    expect(tap.room().length).toBeLessThan(100_000);
  });
});
