export type Settings = Readonly<Record<string, string | number>>;

export const HOST = '127.0.0.1';

/** No Unix socket; logical decoding; small; the log in English, for who reads it. */
const SETTINGS: Settings = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  wal_level: 'logical',
  max_wal_senders: 10,
  max_replication_slots: 10,
  max_connections: 50,
  shared_buffers: '32MB',
  lc_messages: 'C',
  log_destination: 'stderr',
  logging_collector: 'off',
};

/** What is thrown away need not survive a power cut. A crash of the server alone it does survive. */
const TEMPORARY_SETTINGS: Settings = { fsync: 'off', full_page_writes: 'off' };

/** The server's arguments: the settings that every such server has, and `own` over them. */
export function settingArguments(temporary: boolean, own: Settings): string[] {
  const settings = { ...SETTINGS, ...(temporary ? TEMPORARY_SETTINGS : {}), ...own };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
