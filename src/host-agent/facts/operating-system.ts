import { readFileSync } from 'node:fs';
import { arch, endianness, platform } from 'node:os';

/** Node's names of processors that Go, and so the fleet's other tools, call otherwise. */
const GO_ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  mipsel: 'mipsle',
  loong64: 'loong64',
};

/** Such as `linux/amd64`. */
export function operatingSystem(): string {
  const architecture = arch();
  const littlePower = architecture === 'ppc64' && endianness() === 'LE';
  const goArchitecture = littlePower ? 'ppc64le' : (GO_ARCHITECTURES[architecture] ?? architecture);
  return `${platform() === 'win32' ? 'windows' : platform()}/${goArchitecture}`;
}

/** The distribution as it calls itself, such as `Debian GNU/Linux 12 (bookworm)`. */
export function distribution(): string | undefined {
  return prettyName(textOf('/etc/os-release') ?? textOf('/usr/lib/os-release') ?? '');
}

/** PRETTY_NAME of an os-release file (freedesktop.org's os-release(5): shell quoting, one assignment a line). */
export function prettyName(osRelease: string): string | undefined {
  const value = /^PRETTY_NAME=(.*)$/m.exec(osRelease)?.[1]?.trim() ?? '';
  const [, quote, quoted] = /^(["'])(.*)\1$/.exec(value) ?? [];
  const name = quote === '"' ? quoted?.replace(/\\([\\"$`])/g, '$1') : (quoted ?? value);
  return name || undefined;
}

/** The machine's id, 32 hex digits (machine-id(5)); absent where it was not made yet. */
export function machineId(): string | undefined {
  const text = (textOf('/etc/machine-id') ?? textOf('/var/lib/dbus/machine-id') ?? '').trim();
  return /^[0-9a-f]{32}$/.test(text) ? text : undefined;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
