namespace CimStore.S3;

/// <summary>An upload in parts that is not complete.</summary>
internal sealed record S3Upload(string Key, string Id, DateTimeOffset Initiated);
