import { readFileSync } from 'node:fs';

/** The id of the container that this process runs in, 64 hex digits; absent outside of one, or where the runtime hides it. */
export function containerId(): string | undefined {
  return (
    idInCgroup(textOf('/proc/self/cgroup')) ??
    idInMounts(textOf('/proc/self/mountinfo')) ??
    idInPodman(textOf('/run/.containerenv'))
  );
}

/** /proc/self/cgroup: with cgroups v1, or v2 without a namespace of its own, the path ends in the container. */
export function idInCgroup(cgroup: string): string | undefined {
  return /^\d+:[^:]*:.*[/-]([0-9a-f]{64})(?:\.scope)?(?:\/container)?$/m.exec(cgroup)?.[1];
}

/**
 * /proc/self/mountinfo: Docker and Podman mount /etc/hostname out of the container's own folder. Only that mount counts: the mounts of a
 * host that runs containers name theirs as well, and a Kubernetes pod's file is in the folder of its sandbox.
 */
export function idInMounts(mountinfo: string): string | undefined {
  return /^\d+ \d+ \S+ \S*\/(?:overlay-)?containers\/([0-9a-f]{64})\/\S+ \/etc\/hostname /m.exec(mountinfo)?.[1];
}

/** Podman's /run/.containerenv, which is empty unless the container is privileged. */
export function idInPodman(containerenv: string): string | undefined {
  return /^id="?([0-9a-f]{64})"?$/m.exec(containerenv)?.[1];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
