import { ConfigError, loadConfig } from '../../src/config';
import { settings } from '../../src/config/settings';

const load = (environment: NodeJS.ProcessEnv) => loadConfig({ environment, systemFile: '/nonexistent' });

test.each([
  [settings.bodyLimit, 1024, 16_777_216],
  [settings.depthLimit, 1, 50],
  [settings.tokenLimit, 100, 50_000],
  [settings.aliasLimit, 0, 1000],
  [settings.directiveLimit, 0, 1000],
  [settings.objectLimit, 100, 10_000_000],
  [settings.errorLimit, 1, 1000],
])('$path is from %d to %d, and neither less nor more', ({ path, environment }, least, most) => {
  const name = path.split('.')[1] as keyof ReturnType<typeof load>['limits'];
  for (const value of [least, most]) expect(load({ [environment]: String(value) }).limits[name]).toBe(value);
  for (const value of [least - 1, most + 1]) expect(() => load({ [environment]: String(value) })).toThrow(ConfigError);
});
