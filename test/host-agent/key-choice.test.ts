import type { AgentConfig } from '../../src/host-agent/agent-config';
import { EMPTY_STATE } from '../../src/host-agent/agent-state';
import { chooseKey, keyFingerprint } from '../../src/host-agent/key-choice';
import { BARE_CONFIG, makeKey } from './agent-run';

const firstKey = makeKey();
const rotatedKey = makeKey();
const state = { ...EMPTY_STATE, agentId: 'a', key: rotatedKey, firstKeyFingerprint: keyFingerprint(firstKey) };

function config(apiKey: string | undefined): AgentConfig {
  return { ...BARE_CONFIG, apiKey, agentId: 'b' };
}

test('keeps the folder’s key while the configuration has the first one still', () => {
  expect(chooseKey(config(firstKey), state)).toEqual(state);
});

test('keeps the folder’s key when the configuration has none', () => {
  expect(chooseKey(config(undefined), state)).toEqual(state);
});

test('keeps the folder’s key while the configuration still has the one from before the registration', () => {
  const staleKey = makeKey();
  const registeredAnew = { ...state, formerKeyFingerprint: keyFingerprint(staleKey) };
  expect(chooseKey(config(staleKey), registeredAnew)).toEqual(registeredAnew);
});

test('begins the folder anew with a key that the configuration has since', () => {
  const newKey = makeKey();
  const expected = { ...EMPTY_STATE, agentId: 'b', key: newKey, firstKeyFingerprint: keyFingerprint(newKey) };
  expect(chooseKey(config(newKey), { ...state, bootId: 'former' })).toEqual(expected);
});

test('takes the configuration’s key into a new folder', () => {
  expect(chooseKey(config(firstKey), EMPTY_STATE)).toMatchObject({ key: firstKey });
});

test('refuses a mangled key without repeating it', () => {
  const mangled = firstKey.slice(1);
  expect(() => chooseKey(config(mangled), EMPTY_STATE)).toThrow(expect.objectContaining({ exitCode: 4 }));
  expect(() => chooseKey(config(mangled), EMPTY_STATE)).not.toThrow(mangled);
});
