namespace CimStore.Testing.Disk;

/// <summary>What a test appends.</summary>
internal sealed record TestRecord(
    ushort Type, byte Flags, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Meta, ReadOnlyMemory<byte> Payload)
{
    /// <summary>A record whose every byte follows from its number, so that a wrong one is seen.</summary>
    public static TestRecord Numbered(int number, int payloadBytes)
    {
        var random = new Random(number);
        var (key, meta, payload) = (new byte[32], new byte[number % 7], new byte[payloadBytes]);
        random.NextBytes(key);
        random.NextBytes(meta);
        random.NextBytes(payload);
        return new TestRecord((ushort)(number % 5), (byte)(number % 3), key, meta, payload);
    }

    public bool Matches(SeenRecord seen) =>
        seen.Type == Type
        && seen.Flags == Flags
        && seen.Key == Convert.ToHexString(Key.Span)
        && seen.Meta == Convert.ToHexString(Meta.Span)
        && seen.Payload == Convert.ToHexString(Payload.Span);
}
