"""Providers that give mailboxes to anybody: nobody's people are known by these domains."""

PUBLIC_MAIL = frozenset(
    """
    126.com 163.com aliyun.com aol.com aol.fr aruba.it att.net bbox.fr bk.ru bluewin.ch
    bouygtel.fr btinternet.com cegetel.net centrum.cz club-internet.fr comcast.net cox.net
    daum.net duck.com email.com email.cz fastmail.com fastmail.fm foxmail.com free.fr
    freemail.hu freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.fr gmx.net googlemail.com
    hanmail.net hey.com hotmail.be hotmail.ca hotmail.ch hotmail.co.uk hotmail.com hotmail.de
    hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com inbox.lv inbox.ru infomaniak.com
    interia.pl ik.me kolabnow.com laposte.net libero.it list.ru live.be live.ca live.co.uk
    live.com live.de live.fr live.it live.nl mac.com mail.com mail.de mail.ee mail.fr mail.ru
    mailbox.org mailfence.com mailo.com me.com msn.com naver.com neuf.fr noos.fr numericable.fr
    o2.pl onet.pl online.de op.pl orange.be orange.fr outlook.be outlook.com outlook.de
    outlook.es outlook.fr outlook.it pm.me posteo.de posteo.net proton.me protonmail.ch
    protonmail.com qq.com rediffmail.com riseup.net rocketmail.com runbox.com sapo.pt
    sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com skynet.be sympatico.ca t-online.de
    talktalk.net telenet.be terra.com.br tin.it tiscali.it tuta.com tuta.io tutamail.com
    tutanota.com tutanota.de ukr.net uol.com.br verizon.net videotron.ca virgilio.it
    virginmedia.com vivaldi.net voila.fr wanadoo.fr web.de wp.pl xs4all.nl yahoo.ca yahoo.co.in
    yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com
    yandex.ru ymail.com zaclys.net ziggo.nl zoho.com zohomail.eu
    """.split()  # noqa: SIM905 - a list that people read
)
"""Those that people in our markets have; the disposable ones stand in a list of their own."""
