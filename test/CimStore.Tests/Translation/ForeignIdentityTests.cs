using CimStore.Objects;
using CimStore.Translation;
using CsCheck;
using Xunit;

namespace CimStore.Tests.Translation;

public sealed class ForeignIdentityTests
{
    private static readonly MessageId Some = new(new Guid("0192f000-0000-7000-8000-000000000001"));

    [Fact]
    public void A_UUID_is_taken_as_it_is() =>
        Gen.Guid.Where(id => id != Guid.Empty).Sample(id => Read("any", id.ToString("D")) == new MessageId(id));

    /// <summary>For ever: an id that changed would let an event take effect a second time.</summary>
    [Theory]
    [InlineData("billing", "INV-2026-0042/3", "cdfc3d32-8192-81f0-ae05-60647c377007")]
    [InlineData("orders", "4711", "38b029ff-6bd7-8f91-8760-463eba446bfa")]
    [InlineData("", "ä", "75f47063-0cc6-8781-b3f7-3dc0bdcdaf70")]
    public void Any_other_text_has_its_own_id_for_ever(string source, string text, string expected) =>
        Assert.Equal(expected, Read(source, text).ToString());

    [Fact]
    public void A_derived_id_says_that_it_is_one_and_differs_by_source() =>
        Gen.String[1, 40].Where(text => !Guid.TryParseExact(text, "D", out _)).Sample(text =>
        {
            var id = Read("a", text)!.Value;

            Assert.Equal(8, id.Value.Version);
            Assert.Equal(0x8, id.Value.Variant & 0xC);
            Assert.Equal(id, Read("a", text));
            Assert.NotEqual(id, Read("b", text));
        });

    [Theory]
    [InlineData("")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    public void What_many_senders_would_share_is_no_id(string text) => Assert.Null(Read("", text));

    [Fact]
    public void An_id_has_a_length() => Assert.Null(Read("", new string('a', ForeignIdentity.IdLengthMax + 1)));

    [Fact]
    public void The_first_command_has_the_events_own_id_and_each_other_its_own()
    {
        var ids = Enumerable.Range(0, 300).Select(step => ForeignIdentity.OfCommand(Some, step)).ToList();

        Assert.Equal(Some, ids[0]);
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal("8d7275d3-e588-8f04-b567-1ba7846e2ef3", ids[1].ToString());
    }

    private static MessageId? Read(string source, string text) =>
        ForeignIdentity.TryRead(source, text, out var id) ? id : null;
}
