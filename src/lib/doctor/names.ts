// What the doctor makes in the lake, and takes away again, is named here.

/** Where files are tried, under a name of this run's own; `id` is letters, digits and hyphens. */
export const probeFolder = (id: string): string => `_system/staging/doctor/${id}`;

/** A file as it is put. */
export const probeFile = (id: string): string => `${probeFolder(id)}/here/probe.json`;

/** The same, renamed into another folder. */
export const probeRenamed = (id: string): string => `${probeFolder(id)}/there/probe.json`;

/** The folders that the app writes in, each of which may have access rights of its own. */
export const WRITTEN_FOLDERS = [
  'bronze/postgresql',
  'bronze/mongodb',
  'quarantine/postgresql',
  'quarantine/mongodb',
  '_system/ledger',
  '_system/optimise',
] as const;

/** An empty folder that is made and deleted to see whether one may: a file would be seen by readers. */
export const probeSubfolder = (folder: string, id: string): string => `${folder}/_doctor-${id}`;
