import type { SettingsReader } from './reading';
import { transportSettings as settings, type TlsVersion } from './transport-settings';

/** Where certificate and key are, and what is spoken with them. */
export interface TlsConfig {
  certFile: string;
  keyFile: string;
  minVersion: TlsVersion;
}

export interface TransportConfig {
  /** Null: plain HTTP. */
  tls: TlsConfig | null;
  cors: { origins: string[] };
  timeouts: { headersSeconds: number; bodySeconds: number; requestSeconds: number; idleSeconds: number };
}

export function readTransport(reader: SettingsReader): TransportConfig {
  return {
    tls: readTls(reader),
    cors: { origins: reader.read(settings.corsOrigins) },
    timeouts: {
      headersSeconds: reader.read(settings.headersTimeout),
      bodySeconds: reader.read(settings.bodyTimeout),
      requestSeconds: reader.read(settings.requestTimeout),
      idleSeconds: reader.read(settings.idleTimeout),
    },
  };
}

/** Certificate and key: both or none. */
export function readTls(reader: SettingsReader): TlsConfig | null {
  const certFile = reader.read(settings.tlsCert);
  const keyFile = reader.read(settings.tlsKey);
  const minVersion = reader.read(settings.tlsMinVersion);
  if (certFile !== null && keyFile !== null) return { certFile, keyFile, minVersion };
  const [given, missing] = certFile === null ? (['tls.key', 'tls.cert'] as const) : (['tls.cert', 'tls.key'] as const);
  const { origin } = reader.effective.findLast(({ path }) => path === given)!;
  if (certFile !== keyFile)
    reader.faults.push({ place: origin, message: `${given}: needs ${missing} beside it: set both, or none` });
  return null;
}
