namespace CimStore.S3;

/// <summary>A part of an upload, as the server has it.</summary>
internal readonly record struct S3Part(int Number, long SizeBytes, string Tag);
