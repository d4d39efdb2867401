namespace CimStore.Journal;

public sealed record BytesWritten(long Log, long LargeContent, long Index, long PreWriting);
