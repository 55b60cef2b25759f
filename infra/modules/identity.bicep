// The one identity of the app: user-assigned, so that it exists before the app does and has its roles before the first start.

@description('Name of the identity.')
@minLength(3)
@maxLength(128)
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Object id: what roles are given to.')
output principalId string = identity.properties.principalId
