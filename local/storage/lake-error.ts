/** The Data Lake service's error codes that the gateway answers with: HTTP status and the documentation's text. */
const errors = {
  ContentLengthMustBeZero: [400, 'The Content-Length request header must be zero.'],
  InvalidFlushPosition: [
    400,
    'The uploaded data is not contiguous or the position query parameter value is not equal to the length of the file after appending the uploaded data.',
  ],
  InvalidHeaderValue: [400, 'The value for one of the HTTP headers is not in the correct format.'],
  InvalidInput: [400, 'One of the request inputs is not valid.'],
  InvalidQueryParameterValue: [400, 'Value for one of the query parameters specified in the request URI is invalid.'],
  InvalidSourceUri: [400, 'The source URI is invalid.'],
  InvalidUri: [400, 'The request URI is invalid.'],
  Md5Mismatch: [
    400,
    'The MD5 value specified in the request did not match with the MD5 value calculated by the server.',
  ],
  MissingRequiredQueryParameter: [400, 'A query parameter that is mandatory for this request is not specified.'],
  AuthenticationFailed: [
    403,
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
  ],
  FilesystemNotFound: [404, 'The specified filesystem does not exist.'],
  PathNotFound: [404, 'The specified path does not exist.'],
  RenameDestinationParentPathNotFound: [404, 'The parent directory of the destination path does not exist.'],
  SourcePathNotFound: [404, 'The source path for a rename operation does not exist.'],
  DirectoryNotEmpty: [409, 'The recursive query parameter value must be true to delete a non-empty directory.'],
  FilesystemAlreadyExists: [409, 'The specified filesystem already exists.'],
  InvalidAppendOperation: [
    409,
    'The resource was created or modified by the Blob Service API and cannot be appended to by the Data Lake Storage Service API.',
  ],
  InvalidFlushOperation: [
    409,
    'The resource was created or modified by the Blob Service API and cannot be written to by the Data Lake Storage Service API.',
  ],
  InvalidRenameSourcePath: [
    409,
    'The source directory cannot be the same as the destination directory, nor can the destination be a subdirectory of the source directory.',
  ],
  InvalidSourceOrDestinationResourceType: [409, 'The source and destination resource type must be identical.'],
  PathAlreadyExists: [409, 'The specified path already exists.'],
  PathConflict: [
    409,
    'The specified path, or an element of the path, exists and its resource type is invalid for this operation.',
  ],
  ConditionNotMet: [412, 'The condition specified using HTTP conditional header(s) is not met.'],
  LeaseIdMismatchWithBlobOperation: [412, 'The lease ID specified did not match the lease ID for the file.'],
  LeaseIdMissing: [412, 'There is currently a lease on the resource and no lease ID was specified in the request.'],
  LeaseLost: [412, 'A lease ID was specified, but the lease for the resource has expired.'],
  SourceConditionNotMet: [412, 'The source condition specified using HTTP conditional header(s) is not met.'],
  InternalError: [500, 'The server encountered an internal error.'],
  NotImplemented: [501, 'The local storage does not offer this operation.'],
} as const satisfies Record<string, readonly [number, string]>;

export type LakeErrorCode = keyof typeof errors;

/** An answer of the Data Lake API that is not success. */
export class LakeError extends Error {
  override readonly name = 'LakeError';
  readonly code: LakeErrorCode;
  readonly status: number;

  constructor(code: LakeErrorCode, detail?: string) {
    super(detail === undefined ? errors[code][1] : `${errors[code][1]} ${detail}`);
    this.code = code;
    this.status = errors[code][0];
  }
}
