using CimStore.Disk.Catalog;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;
using CimStore.Policies;

namespace CimStore.Disk.Lifecycle;

/// <summary>The value under an object's key in the due index.</summary>
internal static class DueRecordCodec
{
    public const byte Version = 2;
    public const int CauseLengthMax = 256;
    public const int SizeBytesMax = 160 + (3 * CauseLengthMax);

    private const byte HasDue = 1;
    private const byte HasDebt = 2;
    private const byte WasRead = 4;
    private const byte LacksParts = 8;
    private const byte HasVerifyBy = 16;

    public static int Write(Span<byte> destination, DueRecord record)
    {
        var (facts, debt) = (record.Facts, record.Debt);
        var writer = new PackedWriter(destination);
        writer.Byte(Version);
        writer.Byte((byte)((record.Due is null ? 0 : HasDue) | (debt is null ? 0 : HasDebt)
            | (facts.LastAccessAt is null ? 0 : WasRead) | (debt is { LacksParts: true } ? LacksParts : 0)
            | (record.VerifyBy is null ? 0 : HasVerifyBy)));
        writer.Varint(record.Stamp);
        writer.Varint((ulong)facts.SizeBytes);
        writer.Varint((ulong)Instants.ToTicks(facts.CreatedAt));
        writer.Byte((byte)facts.Tier);
        writer.Varint((ulong)Instants.ToTicks(facts.TierSince));
        writer.Byte((byte)(((byte)facts.Class << 4) | (byte)facts.DataClass));
        writer.Byte((byte)facts.Pattern);
        if (facts.LastAccessAt is { } read)
        {
            writer.Varint((ulong)facts.Accesses);
            writer.BigEndian(BitConverter.DoubleToUInt64Bits(facts.Rate.PerDay));
            writer.Varint((ulong)Instants.ToTicks(facts.Rate.At));
            writer.Varint((ulong)Instants.ToTicks(read));
        }

        if (record.Due is { } due)
        {
            writer.Varint((ulong)Instants.ToTicks(due));
        }

        if (debt is not null)
        {
            writer.Varint((ulong)Instants.ToTicks(debt.Since));
            writer.Varint((ulong)Instants.ToTicks(debt.NextTry));
            writer.Varint((ulong)debt.Attempts);
            writer.Text(debt.Cause.Length <= CauseLengthMax ? debt.Cause : debt.Cause[..CauseLengthMax]);
        }

        if (record.VerifyBy is { } verifyBy)
        {
            writer.Varint((ulong)Instants.ToTicks(verifyBy));
        }

        return writer.Length;
    }

    public static DueRecord Read(ContentKey key, ReadOnlySpan<byte> source)
    {
        var reader = new PackedReader(source);
        if (reader.Byte() != Version)
        {
            throw PackedReader.Damaged();
        }

        var flags = reader.Byte();
        var stamp = (uint)reader.Varint();
        var (size, created, tier, since) = (
            (long)reader.Varint(), Instant(ref reader), (StorageTier)reader.Byte(), Instant(ref reader));
        var (classes, pattern) = (reader.Byte(), (AccessPattern)reader.Byte());
        var facts = new MigrationFacts
        {
            SizeBytes = size,
            CreatedAt = created,
            Tier = tier,
            TierSince = since,
            Class = (DurabilityClass)(classes >> 4),
            DataClass = (DataClass)(classes & 0xF),
            Pattern = pattern,
        };
        if ((flags & WasRead) != 0)
        {
            facts = facts with
            {
                Accesses = (long)reader.Varint(),
                Rate = new AccessRate(BitConverter.UInt64BitsToDouble(reader.BigEndian()), Instant(ref reader)),
                LastAccessAt = Instant(ref reader),
            };
        }

        DateTimeOffset? due = (flags & HasDue) != 0 ? Instant(ref reader) : null;
        var debt = (flags & HasDebt) != 0
            ? new DebtRecord(Instant(ref reader), Instant(ref reader), (int)reader.Varint(), reader.Text(),
                (flags & LacksParts) != 0)
            : null;
        DateTimeOffset? verifyBy = (flags & HasVerifyBy) != 0 ? Instant(ref reader) : null;
        return new DueRecord(key, facts, stamp, due, debt, verifyBy);
    }

    private static DateTimeOffset Instant(ref PackedReader reader) => Instants.FromTicks((long)reader.Varint());
}
