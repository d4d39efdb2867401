namespace CimStore.Server.Configuration;

/// <summary>The list of policies as it stands in the file, for the reader of policies.</summary>
/// <param name="Utf8">From its <c>[</c> to its <c>]</c>, comments included.</param>
/// <param name="FirstLine">The file's line, from 1, that it begins in.</param>
public sealed record PolicyText(ReadOnlyMemory<byte> Utf8, int FirstLine);
