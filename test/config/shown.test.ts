import { effectiveSettings, settingsReference } from '../../src/config';
import { settings } from '../../src/config/settings';

/** The file of the machine that runs the tests is none of them. */
const NO_FILE = '/nonexistent';

describe('what is shown of the settings', () => {
  it.each([
    ['postgres://u:hunter2@db:5432/roll?password=hunter3', 'postgres://u:***@db:5432/roll?***'],
    ['postgresql://u:hunter2@/roll?host=/run', 'postgresql://u:***@/roll?***'],
    ['postgres:///roll', 'postgres:///roll'],
  ])('hides the password of a database', (url, shown) => {
    const environment = { DATABASE_URL: url };
    const effective = effectiveSettings({ environment, systemFile: NO_FILE });
    expect(effective).toContainEqual({ path: 'database.url', value: shown, origin: 'environment DATABASE_URL' });
  });

  it('is every setting, in the reference too', () => {
    const paths = Object.values(settings).map(({ path }) => path);
    expect(effectiveSettings({ environment: {}, systemFile: NO_FILE }).map(({ path }) => path)).toEqual(paths);
    for (const { path, environment } of Object.values(settings)) {
      expect(settingsReference()).toContain(`| \`${path}\` | \`${environment}\` |`);
    }
  });
});
