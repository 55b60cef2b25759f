import { type ScalarKind, type ValueKind } from './types-kind';

/** Name, OID and the OID of its arrays, the same in every server; and the kind. */
type BuiltIn = readonly [name: string, oid: number, arrayOid: number, kind: ScalarKind];

// prettier-ignore
const TYPES: readonly BuiltIn[] = [
  ['bool', 16, 1000, 'boolean'],
  ['bytea', 17, 1001, 'bytea'],
  ['char', 18, 1002, 'string'],
  ['name', 19, 1003, 'string'],
  ['int8', 20, 1016, 'number'],
  ['int2', 21, 1005, 'number'],
  ['int2vector', 22, 1006, 'string'],
  ['int4', 23, 1007, 'number'],
  ['regproc', 24, 1008, 'string'],
  ['text', 25, 1009, 'string'],
  ['oid', 26, 1028, 'number'],
  ['tid', 27, 1010, 'string'],
  ['xid', 28, 1011, 'string'],
  ['cid', 29, 1012, 'string'],
  ['oidvector', 30, 1013, 'string'],
  ['json', 114, 199, 'string'],
  ['xml', 142, 143, 'string'],
  ['point', 600, 1017, 'string'],
  ['lseg', 601, 1018, 'string'],
  ['path', 602, 1019, 'string'],
  ['box', 603, 1020, 'string'],
  ['polygon', 604, 1027, 'string'],
  ['line', 628, 629, 'string'],
  ['cidr', 650, 651, 'string'],
  ['float4', 700, 1021, 'float'],
  ['float8', 701, 1022, 'float'],
  ['circle', 718, 719, 'string'],
  ['macaddr8', 774, 775, 'string'],
  ['money', 790, 791, 'string'],
  ['macaddr', 829, 1040, 'string'],
  ['inet', 869, 1041, 'string'],
  ['aclitem', 1033, 1034, 'string'],
  ['bpchar', 1042, 1014, 'string'],
  ['varchar', 1043, 1015, 'string'],
  ['date', 1082, 1182, 'string'],
  ['time', 1083, 1183, 'string'],
  ['timestamp', 1114, 1115, 'timestamp'],
  ['timestamptz', 1184, 1185, 'timestamp'],
  ['interval', 1186, 1187, 'string'],
  ['timetz', 1266, 1270, 'string'],
  ['bit', 1560, 1561, 'string'],
  ['varbit', 1562, 1563, 'string'],
  ['numeric', 1700, 1231, 'string'],
  ['refcursor', 1790, 2201, 'string'],
  ['regprocedure', 2202, 2207, 'string'],
  ['regoper', 2203, 2208, 'string'],
  ['regoperator', 2204, 2209, 'string'],
  ['regclass', 2205, 2210, 'string'],
  ['regtype', 2206, 2211, 'string'],
  ['uuid', 2950, 2951, 'string'],
  ['txid_snapshot', 2970, 2949, 'string'],
  ['pg_lsn', 3220, 3221, 'string'],
  ['tsvector', 3614, 3643, 'string'],
  ['tsquery', 3615, 3645, 'string'],
  ['gtsvector', 3642, 3644, 'string'],
  ['regconfig', 3734, 3735, 'string'],
  ['regdictionary', 3769, 3770, 'string'],
  ['jsonb', 3802, 3807, 'string'],
  ['int4range', 3904, 3905, 'string'],
  ['numrange', 3906, 3907, 'string'],
  ['tsrange', 3908, 3909, 'string'],
  ['tstzrange', 3910, 3911, 'string'],
  ['daterange', 3912, 3913, 'string'],
  ['int8range', 3926, 3927, 'string'],
  ['jsonpath', 4072, 4073, 'string'],
  ['regnamespace', 4089, 4090, 'string'],
  ['regrole', 4096, 4097, 'string'],
  ['regcollation', 4191, 4192, 'string'],
  ['int4multirange', 4451, 6150, 'string'],
  ['nummultirange', 4532, 6151, 'string'],
  ['tsmultirange', 4533, 6152, 'string'],
  ['tstzmultirange', 4534, 6153, 'string'],
  ['datemultirange', 4535, 6155, 'string'],
  ['int8multirange', 4536, 6157, 'string'],
  ['pg_snapshot', 5038, 5039, 'string'],
  ['xid8', 5069, 271, 'string'],
];

const COMMA = 0x2c;
const SEMICOLON = 0x3b;

/** By name, arrays included: `int4`, `_int4`. */
export const BUILT_IN_OIDS: ReadonlyMap<string, number> = new Map(
  TYPES.flatMap(([name, oid, arrayOid]) => [
    [name, oid],
    [`_${name}`, arrayOid],
  ]),
);

/** The types that tables can have without anyone defining one. */
export const BUILT_IN: ReadonlyMap<number, ValueKind> = new Map(
  TYPES.flatMap(([name, oid, arrayOid, element]) => {
    const delimiter = name === 'box' ? SEMICOLON : COMMA;
    return [
      [oid, element],
      [arrayOid, { element, delimiter }],
    ] as [number, ValueKind][];
  }),
);
