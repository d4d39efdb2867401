using System.Runtime.CompilerServices;
using CimStore.Content;
using CimStore.Disk.Catalog;
using CimStore.Disk.Large;
using CimStore.Locations;
using CimStore.Objects;
using CsCheck;
using CimStore.Testing.Store;
using Xunit;

namespace CimStore.Adapters.Tests.Store;

/// <summary>
/// The bytes of docs/formats/catalog.md and docs/formats/large-content.md. Golden files are written only on purpose, by
/// a run with CIMSTORE_WRITE_GOLDEN=1, and the difference is reviewed.
/// </summary>
public sealed class FormatTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly Cid Name = Cid.Parse("bafkr4iaqud3en37jbv3o5m4gafyghytrm3pjtgsjpkdehbbuwezehuedqe");

    [Fact]
    public void A_plain_record_is_small_and_never_changes()
    {
        var record = Plain();
        var bytes = Encode(record);

        Assert.Equal(Golden("catalog-record-plain.hex", bytes), Convert.ToHexStringLower(bytes));
        Assert.InRange(bytes.Length, 1, 40);
        AssertSame(record, CatalogRecordCodec.Read(record.Key, bytes));
    }

    [Fact]
    public void A_record_with_everything_never_changes()
    {
        var header = new CopyHeader(1, 2, "key-7");
        var record = Plain() with
        {
            Key = new ContentKey(new DedupDomain(9), Name.WithCodec(Codecs.DagCbor)),
            Class = DurabilityClass.Critical,
            DataClass = DataClass.Financial,
            Pattern = AccessPattern.Archival,
            Tier = StorageTier.Archive,
            Copies =
            [
                new Copy(Sample.Hot, 3, CopyState.Quarantined, CopyHeader.Plain, At.AddSeconds(-5)),
                new Copy(new LocationId("deep freeze"), 900, CopyState.Releasing, header, At.AddYears(1)),
            ],
            References =
            [
                Sample.Pin,
                new Reference(new OwnerId("zoë"), new NamespaceId("photos"), "the\u2009cat"),
            ],
            Revision = new Lsn(1_000_000),
            UnreferencedUntil = At.AddDays(1),
            Tombstone = new Tombstone(new Lsn(5000), At.AddDays(2), At.AddDays(9), new Lsn(6000)),
        };
        var bytes = Encode(record);

        Assert.Equal(Golden("catalog-record-full.hex", bytes), Convert.ToHexStringLower(bytes));
        AssertSame(record, CatalogRecordCodec.Read(record.Key, bytes));
    }

    [Fact]
    public void A_large_header_never_changes()
    {
        var header = new LargeHeader(
            new Guid("0192d5a0-1111-7222-8333-444455556666"), ContentKey.Shared(Name), 12_345_678_901,
            CopyHeader.Plain, At, Name, 48_225_280);
        var bytes = new byte[LargeHeader.HeaderBytes];
        header.Write(bytes);

        Assert.Equal(Golden("large-header.hex", bytes), Convert.ToHexStringLower(bytes));
        Assert.Equal(header, LargeHeader.Read(bytes, "x"));
    }

    [Fact]
    public void A_flipped_bit_in_a_large_header_is_damage() => Gen.Int[0, 32_767].Sample(bit =>
    {
        var bytes = Convert.FromHexString(Golden("large-header.hex"));
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));

        Assert.Throws<IntegrityException>(() => LargeHeader.Read(bytes, "x"));
    });

    [Fact]
    public void Cut_off_records_are_damage_and_never_anything_else() => Gen.Int[0, 26].Sample(length =>
    {
        var bytes = Encode(Plain());

        Assert.Throws<IntegrityException>(() => CatalogRecordCodec.Read(Plain().Key, bytes.AsSpan(0, length)));
    });

    private static ObjectRecord Plain() => new()
    {
        Key = ContentKey.Shared(Name),
        SizeBytes = 4096,
        Root = Name,
        Created = new Lsn(70_000),
        CreatedAt = At,
        Revision = new Lsn(70_000),
        Copies = [new Copy(Sample.Hot, 70_000, CopyState.Verified, CopyHeader.Plain, At)],
        References = [Sample.Pin],
    };

    private static byte[] Encode(ObjectRecord record)
    {
        var bytes = new byte[CatalogRecordCodec.SizeBytesMax(record)];
        return bytes[..CatalogRecordCodec.Write(bytes, record)];
    }

    private static void AssertSame(ObjectRecord expected, ObjectRecord actual)
    {
        Assert.Equal(expected.Copies, actual.Copies.AsEnumerable());
        Assert.Equal(expected.References, actual.References.AsEnumerable());
        Assert.Equal(expected with { Copies = [], References = [] }, actual with { Copies = [], References = [] });
    }

    private static string Golden(string name, byte[]? actual = null, [CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "..", "Golden", "store", "v1", name);
        if (actual is not null && Environment.GetEnvironmentVariable("CIMSTORE_WRITE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, Convert.ToHexStringLower(actual) + "\n");
        }

        return File.ReadAllText(path).Trim();
    }
}
