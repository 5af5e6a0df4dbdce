import { describe, expect, it } from 'vitest';
import { checkAddress, publicAddress } from '../../../src/subscriber/redis/index.js';

describe('an address', () => {
  it.each([
    'redis://localhost:6380/1',
    'redis://localhost',
    'redis://[::1]:6380/1',
    'redis://reader:p%40ss@host/2',
    'redis://:secret@host:6380/1',
    'rediss://host:6380/1',
    'unix:///run/redis.sock?db=1',
    'redis+unix:///run/redis.sock',
    '/run/redis.sock',
    '/run/redis.sock?db=1',
  ])('may be %s', (address) => {
    expect(checkAddress(address)).toBe(address);
  });

  it.each([
    ['', 'write it like'],
    ['localhost:6380', 'write it like'],
    ['localhost', 'write it like'],
    ['6380', 'write it like'],
    ['http://localhost:6380', 'write it like'],
    ['redis:localhost', 'write it like'],
    ['redis://', 'no host'],
    ['redis:///1', 'no host'],
    ['redis://host:port', 'write it like'],
    ['redis://host:99999/1', 'write it like'],
    ['redis://host:6380/one', '"one"'],
    ['redis://host:6380/1/2', '"1/2"'],
    ['redis://host:6380/-1', '"-1"'],
    ['redis://host?db=x', '"x"'],
    ['unix:///run/redis.sock?db=x', '"x"'],
    ['/run/redis.sock?db=x', '"x"'],
    ['redis://host/%', '"%"'],
    ['redis://u%zz:p@host/1', '%25'],
  ])('%j is refused with the reason', (address, why) => {
    const check = () => checkAddress(address);
    expect(check).toThrow(expect.objectContaining({ tag: 'usage' }));
    expect(check).toThrow(why);
    expect(check).toThrow(/^[^\n]*$/);
  });
});

describe('the public address', () => {
  it.each([
    ['redis://host:6380/1', 'redis://host:6380/1'],
    ['redis://user:secret@host:6380/1', 'redis://host:6380/1'],
    ['redis://:secret@host/1', 'redis://host/1'],
    ['rediss://user:se@cr/et@host/1', 'rediss://host/1'],
    ['user:secret@host:6380', 'host:6380'],
    ['http://user:secret@host', 'http://host'],
    ['redis://host?password=secret&db=1', 'redis://host?password=***&db=1'],
    ['unix:///run/a@b.sock?db=1', 'unix:///run/a@b.sock?db=1'],
    ['/run/a@b.sock?password=secret', '/run/a@b.sock?password=***'],
    ['unix://user:secret@/run/a.sock', 'unix:///run/a.sock'],
  ])('of %s is %s', (address, expected) => {
    expect(publicAddress(address)).toBe(expected);
  });
});
