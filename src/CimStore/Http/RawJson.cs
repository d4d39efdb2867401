namespace CimStore.Http;

/// <summary>JSON that is passed on byte for byte: writing what was parsed would fail on texts that are none.</summary>
public readonly record struct RawJson(ReadOnlyMemory<byte> Utf8);
