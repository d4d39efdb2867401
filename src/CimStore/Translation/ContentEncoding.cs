namespace CimStore.Translation;

/// <summary>How content stands in an event.</summary>
public enum ContentEncoding
{
    /// <summary>Base64 with padding (RFC 4648, section 4) in a string.</summary>
    Base64,

    /// <summary>A string; its UTF-8 is the content.</summary>
    Text,

    /// <summary>Any value; the content is its JSON as it stands in the event, byte for byte.</summary>
    Json,
}
