// A database to capture, as docs/capture.md tells; a test holds the keys and src/lib/config/capture-list.ts together. No address
// and no password: those are secrets of the Key Vault.

@export()
@description('A PostgreSQL database to capture.')
@sealed()
type postgresDatabase = {
  @description('Ours for it: a lower-case letter, then up to 30 lower-case letters, digits and underscores.')
  @minLength(1)
  @maxLength(31)
  name: string

  @description('Name of the setting that holds the address; its secret has this name in lower case, with hyphens for underscores.')
  @minLength(1)
  @maxLength(127)
  connection: string

  @description('Publication; change_lake where it is left out.')
  publication: string?

  @description('Replication slot; change_lake_{name} where it is left out.')
  slot: string?

  @description('Makes publication and slot where they are not there.')
  create: bool?

  @description('Tables of a publication that is made.')
  tables: string[]?

  @description('Whether rows that are there already are sent first.')
  snapshot: 'initial' | 'never'?
}

@export()
@description('A MongoDB database to capture.')
@sealed()
type mongoDatabase = {
  @description('Ours for it: a lower-case letter, then up to 30 lower-case letters, digits and underscores.')
  @minLength(1)
  @maxLength(31)
  name: string

  @description('Name of the setting that holds the address; its secret has this name in lower case, with hyphens for underscores.')
  @minLength(1)
  @maxLength(127)
  connection: string

  @description('Database; all of them where it is left out.')
  database: string?

  @description('Collections; all of them where they are left out.')
  collections: string[]?

  @description('What an update shows of the whole document.')
  fullDocument: 'default' | 'updateLookup' | 'whenAvailable' | 'required'?

  @description('Whether the document before the change is sent.')
  preImages: 'off' | 'whenAvailable' | 'required'?

  @description('Whether documents that are there already are sent first.')
  snapshot: 'initial' | 'never'?
}
