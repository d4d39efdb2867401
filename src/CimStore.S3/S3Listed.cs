namespace CimStore.S3;

/// <summary>An object as a listing tells it.</summary>
internal readonly record struct S3Listed(string Key, long SizeBytes, DateTimeOffset Modified);
