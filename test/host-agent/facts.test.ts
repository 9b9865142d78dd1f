import { createServer, type Socket } from 'node:net';
import { outwardAddress } from '../../src/host-agent/facts/address';
import { idInCgroup, idInMounts, idInPodman } from '../../src/host-agent/facts/container';
import { describeFacts } from '../../src/host-agent/facts/host-facts';
import { operatingSystem, prettyName } from '../../src/host-agent/facts/operating-system';
import { postgreSqlFacts } from '../../src/host-agent/facts/postgresql';
import { localPostgreSqlVersion, programVersion } from '../../src/host-agent/facts/postgresql-programs';
import { isNodeName } from '../../src/node-name';
import { BARE_CONFIG } from './agent-run';
import { listenLocally } from './scripted-server';

const ID = 'c0ffee'.padEnd(64, '0');

test('names system and processor as Go does', () => {
  expect(operatingSystem()).toMatch(/^(linux|darwin|windows)\/(amd64|arm64)$/);
});

test.each([
  ['ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', 'Debian GNU/Linux 12 (bookworm)'],
  ["PRETTY_NAME='Fedora Linux 40'", 'Fedora Linux 40'],
  ['PRETTY_NAME=Alpine', 'Alpine'],
  [String.raw`PRETTY_NAME="The \"Best\" \$1"`, 'The "Best" $1'],
  ['NAME="x"', undefined],
  ['PRETTY_NAME=""', undefined],
])('reads the distribution out of %j', (text, name) => {
  expect(prettyName(text)).toBe(name);
});

test.each([
  ['Docker, cgroups v1', `12:memory:/docker/${ID}\n0::/`, ID],
  ['Docker with systemd', `0::/system.slice/docker-${ID}.scope`, ID],
  ['Podman', `0::/user.slice/user@0.service/libpod-${ID}.scope/container`, ID],
  ['Kubernetes with containerd', `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope`, ID],
  ['a namespace of its own', '0::/', undefined],
  ['a systemd service', '0::/system.slice/rollcall-agent.service', undefined],
])('finds the container in the cgroup of %s', (_name, text, id) => {
  expect(idInCgroup(text)).toBe(id);
});

test.each([
  ['Docker', `523 500 8:1 /var/lib/docker/containers/${ID}/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw`, ID],
  [
    'rootless Podman',
    `5 4 0:25 /containers/overlay-containers/${ID}/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw`,
    ID,
  ],
  [
    'a host that runs containers',
    `90 30 0:50 / /var/lib/docker/containers/${ID}/mounts/shm rw - tmpfs shm rw`,
    undefined,
  ],
  [
    'a Kubernetes sandbox',
    `5 4 8:1 /var/lib/containerd/sandboxes/${ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw`,
    undefined,
  ],
])('finds the container in the mounts of %s', (_name, text, id) => {
  expect(idInMounts(text)).toBe(id);
});

test('finds the container in Podman’s own file, and nothing in an empty one', () => {
  expect(idInPodman(`engine="podman-4"\nid="${ID}"\n`)).toBe(ID);
  expect(idInPodman('')).toBeUndefined();
});

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['fe80::1%eth0', 'fe80::1'],
  ['127.0.0.1', undefined],
  ['::ffff:127.0.0.1', undefined],
  ['::1', undefined],
])('takes %s as the address %s', (address, outward) => {
  expect(outwardAddress(address)).toBe(outward);
});

test.each([
  ['postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', '15.18'],
  ['psql (PostgreSQL) 18beta1', '18beta1'],
  ['something else 3.0', undefined],
])('reads the version out of %j', (output, version) => {
  expect(programVersion(output)).toBe(version);
});

test('warns of a PostgreSQL that does not answer, without its password, and keeps its place', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket));
  const port = await listenLocally(silent);
  const warnings: string[] = [];
  const facts = await postgreSqlFacts(`postgres://me:hunter2@127.0.0.1:${port}/x`, (line) => void warnings.push(line));
  expect(warnings).toEqual([expect.stringContaining('does not answer')]);
  expect(warnings.join()).not.toContain('hunter2');
  const version = await localPostgreSqlVersion();
  expect(facts).toEqual(version && { version, address: '127.0.0.1', port });
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('warns of a dsn that is none, without repeating it', async () => {
  const warnings: string[] = [];
  await postgreSqlFacts('postgres://me:hunter2@[bad', (line) => void warnings.push(line));
  expect(warnings).toEqual([expect.stringContaining('not a valid connection URL')]);
});

test.each([
  ['db1', true],
  ['a', true],
  ['DB_1.eu-west.example', true],
  ['a'.repeat(253), true],
  ['a'.repeat(254), false],
  ['', false],
  ['-a', false],
  ['a.', false],
  ['a b', false],
  ['a\n', false],
])('knows whether %j is a node’s name', (name, valid) => {
  expect(isNodeName(name)).toBe(valid);
});

test('tells people what was collected and nothing of what was not', () => {
  const config = { ...BARE_CONFIG, environment: 'RUN', tags: ['a', 'b'] };
  const postgresql = { version: '15.1', address: '127.0.0.1', port: 5433 };
  expect(describeFacts({ hostname: 'db1', os: 'linux/amd64', postgresql }, config)).toEqual([
    'Collected:',
    '  Hostname:     db1',
    '  OS:           linux/amd64',
    '  Address:      as the server sees it',
    '  PostgreSQL:   15.1 at 127.0.0.1:5433',
    '  Environment:  RUN',
    '  Tags:         a, b',
  ]);
});
