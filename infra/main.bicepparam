using 'main.bicep'

// What azd takes: `azd env set PRIVATE_NETWORK true`, and so on. Everything else is as in main.bicep.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'change-lake')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param privateNetwork = bool(readEnvironmentVariable('PRIVATE_NETWORK', 'false'))
